output "cluster" {
  value = azurerm_kubernetes_cluster.main.name
}
output "address" {
  description = "For the ingress controller's service: loadBalancerIP."
  value       = azurerm_public_ip.ingress.ip_address
}
output "cert_manager_client_id" {
  description = "For the ClusterIssuer: dns01.azureDNS.managedIdentity.clientID."
  value       = azurerm_user_assigned_identity.certificates.client_id
}
output "redis_url" {
  value     = var.managed_stores ? "rediss://:${azurerm_managed_redis.main[0].default_database[0].primary_access_key}@${azurerm_managed_redis.main[0].hostname}:${azurerm_managed_redis.main[0].default_database[0].port}/0" : ""
  sensitive = true
}
output "database_url" {
  value     = var.managed_stores ? "postgresql+asyncpg://sting:${random_password.database.result}@${azurerm_postgresql_flexible_server.main[0].fqdn}/sting?sslmode=verify-full" : ""
  sensitive = true
}
