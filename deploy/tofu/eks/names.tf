# Names in an existing zone, and their certificate.
data "aws_route53_zone" "main" {
  name = var.domain
}

resource "aws_acm_certificate" "main" {
  domain_name               = "${var.gateway_host}.${var.domain}"
  subject_alternative_names = ["${var.console_host}.${var.domain}"]
  validation_method         = "DNS"
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_route53_record" "proof" {
  for_each = {
    for option in aws_acm_certificate.main.domain_validation_options : option.domain_name => option
  }
  zone_id         = data.aws_route53_zone.main.zone_id
  name            = each.value.resource_record_name
  type            = each.value.resource_record_type
  records         = [each.value.resource_record_value]
  ttl             = 60
  allow_overwrite = true
}

resource "aws_acm_certificate_validation" "main" {
  certificate_arn         = aws_acm_certificate.main.arn
  validation_record_fqdns = [for record in aws_route53_record.proof : record.fqdn]
}

# The balancer is made by the cluster's ingress: run again with its name once it is there.
data "aws_lb" "ingress" {
  count = var.load_balancer == "" ? 0 : 1
  name  = var.load_balancer
}

resource "aws_route53_record" "host" {
  for_each = toset(var.load_balancer == "" ? [] : [var.gateway_host, var.console_host])
  zone_id  = data.aws_route53_zone.main.zone_id
  name     = each.value
  type     = "A"
  alias {
    name                   = data.aws_lb.ingress[0].dns_name
    zone_id                = data.aws_lb.ingress[0].zone_id
    evaluate_target_health = true
  }
}
