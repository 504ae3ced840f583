# Names in an existing zone, one address, and an identity with which cert-manager answers DNS challenges.
data "azurerm_dns_zone" "main" {
  name                = var.domain
  resource_group_name = var.domain_resource_group
}

resource "azurerm_public_ip" "ingress" {
  name                = "${var.name}-ingress"
  resource_group_name = azurerm_kubernetes_cluster.main.node_resource_group
  location            = azurerm_resource_group.main.location
  allocation_method   = "Static"
  sku                 = "Standard"
}

resource "azurerm_dns_a_record" "host" {
  for_each            = toset([var.gateway_host, var.console_host])
  name                = each.value
  zone_name           = data.azurerm_dns_zone.main.name
  resource_group_name = data.azurerm_dns_zone.main.resource_group_name
  ttl                 = 300
  records             = [azurerm_public_ip.ingress.ip_address]
}

resource "azurerm_user_assigned_identity" "certificates" {
  name                = "${var.name}-cert-manager"
  resource_group_name = azurerm_resource_group.main.name
  location            = azurerm_resource_group.main.location
}

resource "azurerm_role_assignment" "certificates" {
  scope                = data.azurerm_dns_zone.main.id
  role_definition_name = "DNS Zone Contributor"
  principal_id         = azurerm_user_assigned_identity.certificates.principal_id
}

resource "azurerm_federated_identity_credential" "certificates" {
  name                = "cert-manager"
  resource_group_name = azurerm_resource_group.main.name
  parent_id           = azurerm_user_assigned_identity.certificates.id
  issuer              = azurerm_kubernetes_cluster.main.oidc_issuer_url
  subject             = "system:serviceaccount:cert-manager:cert-manager"
  audience            = ["api://AzureADTokenExchange"]
}
