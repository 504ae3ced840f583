variable "name" {
  type    = string
  default = "sting"
}
variable "region" {
  type    = string
  default = "us-east-1"
}
variable "kubernetes_version" {
  type    = string
  default = "1.34"
}
variable "api_cidrs" {
  description = "Networks that may reach the cluster's API; your own, not the world."
  type        = list(string)
  default     = ["203.0.113.0/24"]
}
variable "node_type" {
  type    = string
  default = "m5.large"
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
variable "redis_type" {
  type    = string
  default = "cache.t4g.small"
}
variable "database_type" {
  type    = string
  default = "db.t4g.small"
}
variable "database_standby" {
  type    = bool
  default = true
}
variable "domain" {
  description = "An existing public zone, example.com."
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
variable "load_balancer" {
  description = "Name of the load balancer that the ingress has made; empty until it is there."
  type        = string
  default     = ""
}
