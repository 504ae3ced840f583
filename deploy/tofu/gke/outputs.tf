output "cluster" {
  value = google_container_cluster.main.name
}
output "address_name" {
  description = "For the Gateway: a named address."
  value       = google_compute_global_address.ingress.name
}
output "certificate_map" {
  description = "For the Gateway: networking.gke.io/certmap."
  value       = google_certificate_manager_certificate_map.main.name
}
output "redis_url" {
  value     = var.managed_stores ? "rediss://:${google_redis_instance.main[0].auth_string}@${google_redis_instance.main[0].host}:${google_redis_instance.main[0].port}/0" : ""
  sensitive = true
}
output "redis_ca" {
  description = "The authority that signed Redis' certificate: into a file, named by ssl_ca_certs in the address."
  value       = var.managed_stores ? google_redis_instance.main[0].server_ca_certs[0].cert : ""
}
output "database_url" {
  value     = var.managed_stores ? "postgresql+asyncpg://sting:${random_password.database.result}@${google_sql_database_instance.main[0].private_ip_address}/sting?sslmode=verify-ca" : ""
  sensitive = true
}
output "database_ca" {
  description = "The authority that signed the database's certificate: into a file, named by sslrootcert in the address."
  value       = var.managed_stores ? google_sql_database_instance.main[0].server_ca_cert[0].cert : ""
}
