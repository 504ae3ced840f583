variable "name" {
  type    = string
  default = "sting"
}
variable "project" {
  type = string
}
variable "region" {
  type    = string
  default = "us-central1"
}
variable "zone" {
  description = "A zone, or the region for a cluster over three zones (then node_count is per zone)."
  type        = string
  default     = "us-central1-a"
}
variable "api_cidrs" {
  description = "Networks that may reach the cluster's API; your own, not the world."
  type        = list(string)
  default     = ["203.0.113.0/24"]
}
variable "node_type" {
  type    = string
  default = "n2-standard-2"
}
variable "node_count" {
  type    = number
  default = 3
}
variable "node_disk_gb" {
  type    = number
  default = 30
}
variable "managed_stores" {
  description = "Redis and PostgreSQL outside the cluster; false for a demo that keeps both inside."
  type        = bool
  default     = true
}
variable "redis_gb" {
  type    = number
  default = 1
}
variable "database_type" {
  type    = string
  default = "db-custom-1-3840"
}
variable "database_standby" {
  type    = bool
  default = true
}
variable "dns_zone" {
  description = "Name of an existing public managed zone."
  type        = string
}
variable "gateway_host" {
  type    = string
  default = "llm"
}
variable "console_host" {
  type    = string
  default = "sting"
}
