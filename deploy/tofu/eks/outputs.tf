output "cluster" {
  value = aws_eks_cluster.main.name
}
output "certificate_arn" {
  description = "For the ingress: alb.ingress.kubernetes.io/certificate-arn."
  value       = aws_acm_certificate_validation.main.certificate_arn
}
output "redis_url" {
  value     = var.managed_stores ? "rediss://:${random_password.redis.result}@${aws_elasticache_replication_group.main[0].primary_endpoint_address}:6379/0" : ""
  sensitive = true
}
output "database_url" {
  value     = var.managed_stores ? "postgresql+asyncpg://sting:${random_password.database.result}@${aws_db_instance.main[0].endpoint}/sting?sslmode=verify-full" : ""
  sensitive = true
}
