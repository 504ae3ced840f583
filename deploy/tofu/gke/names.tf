# Names in an existing zone, one address, and a certificate that Google renews.
locals {
  hosts = toset([var.gateway_host, var.console_host])
}

data "google_dns_managed_zone" "main" {
  name = var.dns_zone
}

resource "google_compute_global_address" "ingress" {
  name = "${var.name}-ingress"
}

resource "google_dns_record_set" "host" {
  for_each     = local.hosts
  managed_zone = data.google_dns_managed_zone.main.name
  name         = "${each.value}.${data.google_dns_managed_zone.main.dns_name}"
  type         = "A"
  ttl          = 300
  rrdatas      = [google_compute_global_address.ingress.address]
}

resource "google_certificate_manager_dns_authorization" "host" {
  for_each = local.hosts
  name     = "${var.name}-${each.value}"
  domain   = "${each.value}.${trimsuffix(data.google_dns_managed_zone.main.dns_name, ".")}"
}

resource "google_dns_record_set" "proof" {
  for_each     = local.hosts
  managed_zone = data.google_dns_managed_zone.main.name
  name         = google_certificate_manager_dns_authorization.host[each.value].dns_resource_record[0].name
  type         = google_certificate_manager_dns_authorization.host[each.value].dns_resource_record[0].type
  ttl          = 300
  rrdatas      = [google_certificate_manager_dns_authorization.host[each.value].dns_resource_record[0].data]
}

resource "google_certificate_manager_certificate" "main" {
  name = var.name
  managed {
    domains            = [for host in google_certificate_manager_dns_authorization.host : host.domain]
    dns_authorizations = [for host in google_certificate_manager_dns_authorization.host : host.id]
  }
}

resource "google_certificate_manager_certificate_map" "main" {
  name = var.name
}

resource "google_certificate_manager_certificate_map_entry" "host" {
  for_each     = local.hosts
  name         = "${var.name}-${each.value}"
  map          = google_certificate_manager_certificate_map.main.name
  hostname     = google_certificate_manager_dns_authorization.host[each.value].domain
  certificates = [google_certificate_manager_certificate.main.id]
}
