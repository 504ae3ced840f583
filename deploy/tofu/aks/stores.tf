# Redis and PostgreSQL, reachable from the network alone.
resource "azurerm_managed_redis" "main" {
  count                     = var.managed_stores ? 1 : 0
  name                      = "${var.name}-redis"
  resource_group_name       = azurerm_resource_group.main.name
  location                  = azurerm_resource_group.main.location
  sku_name                  = var.redis_type
  high_availability_enabled = true
  public_network_access     = "Disabled"
  default_database {
    access_keys_authentication_enabled = true
    client_protocol                    = "Encrypted"
    clustering_policy                  = "EnterpriseCluster" # one address, as for a single server
    eviction_policy                    = "NoEviction"
  }
}

resource "azurerm_private_dns_zone" "redis" {
  count               = var.managed_stores ? 1 : 0
  name                = "privatelink.redis.azure.net"
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_private_dns_zone_virtual_network_link" "redis" {
  count                 = var.managed_stores ? 1 : 0
  name                  = "redis"
  resource_group_name   = azurerm_resource_group.main.name
  private_dns_zone_name = azurerm_private_dns_zone.redis[0].name
  virtual_network_id    = azurerm_virtual_network.net.id
}

resource "azurerm_private_endpoint" "redis" {
  count               = var.managed_stores ? 1 : 0
  name                = "${var.name}-redis"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
  subnet_id           = azurerm_subnet.endpoints.id
  private_service_connection {
    name                           = "redis"
    private_connection_resource_id = azurerm_managed_redis.main[0].id
    subresource_names              = ["redisEnterprise"]
    is_manual_connection           = false
  }
  private_dns_zone_group {
    name                 = "redis"
    private_dns_zone_ids = [azurerm_private_dns_zone.redis[0].id]
  }
}

resource "random_password" "database" {
  length  = 40
  special = false
}

resource "azurerm_private_dns_zone" "database" {
  count               = var.managed_stores ? 1 : 0
  name                = "${var.name}.private.postgres.database.azure.com"
  resource_group_name = azurerm_resource_group.main.name
}

resource "azurerm_private_dns_zone_virtual_network_link" "database" {
  count                 = var.managed_stores ? 1 : 0
  name                  = "database"
  resource_group_name   = azurerm_resource_group.main.name
  private_dns_zone_name = azurerm_private_dns_zone.database[0].name
  virtual_network_id    = azurerm_virtual_network.net.id
}

resource "azurerm_postgresql_flexible_server" "main" {
  count                         = var.managed_stores ? 1 : 0
  name                          = "${var.name}-database"
  resource_group_name           = azurerm_resource_group.main.name
  location                      = azurerm_resource_group.main.location
  version                       = "17"
  sku_name                      = var.database_type
  storage_mb                    = 32768
  delegated_subnet_id           = azurerm_subnet.database.id
  private_dns_zone_id           = azurerm_private_dns_zone.database[0].id
  public_network_access_enabled = false
  administrator_login           = "sting"
  administrator_password        = random_password.database.result
  backup_retention_days         = 7
  dynamic "high_availability" {
    for_each = var.database_standby ? ["ZoneRedundant"] : []
    content {
      mode = high_availability.value
    }
  }
  depends_on = [azurerm_private_dns_zone_virtual_network_link.database]
  lifecycle {
    ignore_changes = [zone]
  }
}

# TLS is required by the server unless somebody switches it off; said here so that a change shows in the plan.
resource "azurerm_postgresql_flexible_server_configuration" "tls" {
  count     = var.managed_stores ? 1 : 0
  name      = "require_secure_transport"
  server_id = azurerm_postgresql_flexible_server.main[0].id
  value     = "on"
}

resource "azurerm_postgresql_flexible_server_database" "main" {
  count     = var.managed_stores ? 1 : 0
  name      = "sting"
  server_id = azurerm_postgresql_flexible_server.main[0].id
}
