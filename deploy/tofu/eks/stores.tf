# Redis and PostgreSQL, reachable from the cluster alone.
resource "aws_security_group" "stores" {
  count  = var.managed_stores ? 1 : 0
  name   = "${var.name}-stores"
  vpc_id = aws_vpc.net.id
}

resource "aws_vpc_security_group_ingress_rule" "stores" {
  for_each                     = toset(var.managed_stores ? ["5432", "6379"] : [])
  security_group_id            = aws_security_group.stores[0].id
  referenced_security_group_id = aws_eks_cluster.main.vpc_config[0].cluster_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = tonumber(each.value)
  to_port                      = tonumber(each.value)
}

resource "random_password" "redis" {
  length  = 40
  special = false
}

resource "random_password" "database" {
  length  = 40
  special = false
}

resource "aws_elasticache_subnet_group" "main" {
  count      = var.managed_stores ? 1 : 0
  name       = var.name
  subnet_ids = aws_subnet.private[*].id
}

resource "aws_elasticache_parameter_group" "main" {
  count  = var.managed_stores ? 1 : 0
  name   = var.name
  family = "valkey8"
  parameter {
    name  = "maxmemory-policy"
    value = "noeviction"
  }
}

resource "aws_elasticache_replication_group" "main" {
  count                      = var.managed_stores ? 1 : 0
  replication_group_id       = var.name
  description                = "STING-CE vault"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = var.redis_type
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  parameter_group_name       = aws_elasticache_parameter_group.main[0].name
  subnet_group_name          = aws_elasticache_subnet_group.main[0].name
  security_group_ids         = [aws_security_group.stores[0].id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  auth_token                 = random_password.redis.result
}

resource "aws_db_subnet_group" "main" {
  count      = var.managed_stores ? 1 : 0
  name       = var.name
  subnet_ids = aws_subnet.private[*].id
}

resource "aws_db_instance" "main" {
  count                     = var.managed_stores ? 1 : 0
  identifier                = var.name
  engine                    = "postgres"
  engine_version            = "17"
  instance_class            = var.database_type
  allocated_storage         = 20
  storage_encrypted         = true
  publicly_accessible       = false
  multi_az                  = var.database_standby
  db_name                   = "sting"
  username                  = "sting"
  password                  = random_password.database.result
  db_subnet_group_name      = aws_db_subnet_group.main[0].name
  vpc_security_group_ids    = [aws_security_group.stores[0].id]
  backup_retention_period   = 7
  deletion_protection       = true
  final_snapshot_identifier = "${var.name}-last"
}
