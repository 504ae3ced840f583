# Redis and PostgreSQL, reachable from the network alone.
resource "google_compute_global_address" "stores" {
  count         = var.managed_stores ? 1 : 0
  name          = "${var.name}-stores"
  purpose       = "VPC_PEERING"
  address_type  = "INTERNAL"
  prefix_length = 20
  network       = google_compute_network.net.id
}

resource "google_service_networking_connection" "stores" {
  count                   = var.managed_stores ? 1 : 0
  network                 = google_compute_network.net.id
  service                 = "servicenetworking.googleapis.com"
  reserved_peering_ranges = [google_compute_global_address.stores[0].name]
}

resource "google_redis_instance" "main" {
  count                   = var.managed_stores ? 1 : 0
  name                    = var.name
  tier                    = "STANDARD_HA"
  memory_size_gb          = var.redis_gb
  redis_version           = "REDIS_7_2"
  authorized_network      = google_compute_network.net.id
  connect_mode            = "PRIVATE_SERVICE_ACCESS"
  auth_enabled            = true
  transit_encryption_mode = "SERVER_AUTHENTICATION"
  redis_configs           = { maxmemory-policy = "noeviction" }
  depends_on              = [google_service_networking_connection.stores]
}

resource "random_password" "database" {
  length  = 40
  special = false
}

resource "google_sql_database_instance" "main" {
  count               = var.managed_stores ? 1 : 0
  name                = var.name
  database_version    = "POSTGRES_17"
  deletion_protection = true
  settings {
    tier              = var.database_type
    edition           = "ENTERPRISE"
    availability_type = var.database_standby ? "REGIONAL" : "ZONAL"
    ip_configuration {
      ipv4_enabled    = false
      private_network = google_compute_network.net.id
      ssl_mode        = "ENCRYPTED_ONLY"
    }
    backup_configuration {
      enabled                        = true
      point_in_time_recovery_enabled = true
    }
  }
  depends_on = [google_service_networking_connection.stores]
}

resource "google_sql_database" "main" {
  count    = var.managed_stores ? 1 : 0
  name     = "sting"
  instance = google_sql_database_instance.main[0].name
}

resource "google_sql_user" "main" {
  count    = var.managed_stores ? 1 : 0
  name     = "sting"
  instance = google_sql_database_instance.main[0].name
  password = random_password.database.result
}
