variable "name" {
  type    = string
  default = "sting"
}
variable "subscription" {
  type = string
}
variable "location" {
  type    = string
  default = "eastus"
}
variable "api_cidrs" {
  description = "Networks that may reach the cluster's API; your own, not the world."
  type        = list(string)
  default     = ["203.0.113.0/24"]
}
variable "node_type" {
  type    = string
  default = "Standard_D2s_v5"
}
variable "node_count" {
  type    = number
  default = 3
}
variable "node_disk_gb" {
  type    = number
  default = 32
}
variable "managed_stores" {
  description = "Redis and PostgreSQL outside the cluster; false for a demo that keeps both inside."
  type        = bool
  default     = true
}
variable "redis_type" {
  type    = string
  default = "Balanced_B1"
}
variable "database_type" {
  type    = string
  default = "GP_Standard_D2ds_v5"
}
variable "database_standby" {
  type    = bool
  default = true
}
variable "domain" {
  description = "An existing public zone, example.com."
  type        = string
}
variable "domain_resource_group" {
  type = string
}
variable "gateway_host" {
  type    = string
  default = "llm"
}
variable "console_host" {
  type    = string
  default = "sting"
}
