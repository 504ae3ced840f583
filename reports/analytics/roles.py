"""The column roles that the built-in analyses know, and the words by which their columns are found.

A role is `<kind of row>.<column>`. Words are parts of column names in English, German and Japanese, a few in other
languages, the best ones first; a template may bring roles of its own.
"""

from __future__ import annotations

from reports.results import ColumnKind, RoleNeed

TABLE_WORDS: dict[str, tuple[str, ...]] = {
    "customer": ("customers", "clients", "kunden", "accounts", "members"),
    "order": ("transactions", "orders", "sales", "purchases", "bestellungen", "umsatz"),
    "product": ("products", "articles", "produkte", "artikel"),
    "ticket": ("support tickets", "tickets", "cases", "inquiries", "anfragen", "messages", "feedback"),
    "stage": ("stage events", "stages", "workflow", "process", "steps", "event log", "schritte"),
    "case": ("tickets", "appointments", "applications", "cases", "orders"),
    "shift": ("shifts", "room days", "timesheets", "schichten", "capacity"),
    "cost": ("costs", "expenses", "kosten", "spending"),
    "access": ("access log", "access", "audit log", "log", "zugriffe"),
    "employee": ("agents", "staff", "employees", "advisors", "mitarbeiter", "users"),
    "exchange": ("exchanges", "gateway", "audit"),
    "response": ("campaign responses", "responses", "mailings"),
    "campaign": ("campaigns", "kampagnen"),
    "appointment": ("appointments", "visits", "termine"),
    "patient": ("patients", "patienten"),
    "lab": ("lab results", "laboratory", "results", "laborwerte"),
    "payment": ("transactions", "payments", "postings", "buchungen"),
    "account": ("accounts", "konten"),
    "loan": ("loan applications", "loans", "credits", "kredite"),
}
"""Names of tables that hold this kind of row."""

TELLING: dict[str, tuple[str, ...]] = {
    "ticket": tuple(
        (
            "ticket case vorgang anfrage request inquiry opened closed solved resolved eingang priorit severity "
            "response reply satisf csat subject betreff message nachricht requester 受付 問い合わせ チケット"
        ).split()
    ),
    "cost": tuple(
        "cost kosten expense ausgabe spend budget department abteilung aufwand cout depense gasto coste kost".split()
    ),
}
"""Parts of names of which a column (or the table) of this kind of row has one: dates and amounts are in every file."""

IN_MINUTES = frozenset({"shift.paid", "shift.busy"})
HOURS = frozenset("hour hours h std stunde stunden heure heures hora horas ora ore uur uren".split())
"""Words by which a column says that it counts hours."""

_ROLES: dict[str, tuple[ColumnKind, str, str]] = {
    # customers
    "customer.id": (
        "id",
        "Customer number",
        (
            "customer id|client id|kundennummer|kunden nr|kunde|member id|kd nr|numer klienta|klient|client|"
            "cliente|klantnummer|klant|"
            "顧客コード|顧客番号|顧客|会員番号|会員|得意先|客户编号|客户"
        ),
    ),
    "customer.churned": ("boolean", "Whether the customer has left", "churned|churn|cancelled|left|gekuendigt"),
    "customer.signup": ("date", "First day as a customer", "signup date|registered|joined|kunde seit|created"),
    # orders
    "order.customer": (
        "id",
        "Who bought",
        (
            "customer id|client id|buyer|kaeufer|kundennummer|kunden nr|kunde|customer|kd nr|numer klienta|"
            "klient|client|cliente|klantnummer|klant|"
            "顧客コード|顧客番号|顧客|会員番号|会員|得意先|客户编号|客户"
        ),
    ),
    "order.time": (
        "datetime",
        "When",
        (
            "ordered at|order date|order placed|purchased|bestellt am|bestelldatum|datum|date|time|fecha|"
            "data zamowienia|data|besteldatum|placed|sold|rechnungsdatum|belegdatum|auftragsdatum|"
            "created at|paid at|processed at|"
            "注文日時|注文日|購入日|受注日|売上日|日付|订单日期|下单时间|日期"
        ),
    ),
    "order.amount": (
        "number",
        "For how much",
        (
            "amount|total|revenue|betrag|summe|umsatz|sales|order value|turnover|price|kwota|montant|importe|importo|"
            "bedrag|net|gross|netto|brutto|gesamtpreis|warenwert|erloes|chiffre d affaires|ventas|omzet|"
            "金額|売上|合計|金额|总额"
        ),
    ),
    "order.id": (
        "id",
        "Order number",
        (
            "order id|order number|order no|order|bestellnummer|bestell nr|bestellung|auftragsnummer|auftrags nr|"
            "invoice number|invoice no|invoice|rechnungsnummer|rechnungs nr|belegnummer|beleg nr|numero de commande|"
            "n commande|commande|pedido|ordine|bestelnummer|注文番号|受注番号|伝票番号"
        ),
    ),
    "order.quantity": (
        "number",
        "How many pieces",
        ("quantity|qty|menge|anzahl|pieces|数量|個数"),
    ),
    "order.discount": (
        "number",
        "Discount",
        ("discount|rabatt|rebate|割引|値引|折扣"),
    ),
    "order.channel": (
        "category",
        "Sales channel",
        ("channel|kanal|source|shop|vertriebsweg|verkaufsweg|canal|canale|kanaal|チャネル|販売経路|店舗|渠道"),
    ),
    "order.product": (
        "category",
        "Product",
        ("product|produkt|artikel|item|sku|商品|品名|产品"),
    ),
    "order.late": ("boolean", "Whether it was delivered late", "late|delayed|verspaetet"),
    "product.id": ("id", "Product number", "product id|sku|artikelnummer"),
    "product.category": (
        "category",
        "Product category",
        ("category|kategorie|product group|warengruppe|カテゴリ|分類|类别"),
    ),
    # tickets
    "ticket.text": (
        "text",
        "What the customer wrote",
        (
            "body|text|message|description|nachricht|comment|beschreibung|customer says|"
            "問い合わせ内容|内容|本文|コメント"
        ),
    ),
    "ticket.subject": (
        "text",
        "Subject line",
        ("subject|title|betreff|summary|件名|タイトル|标题"),
    ),
    "ticket.id": (
        "id",
        "Ticket number",
        ("ticket id|ticket|case id|vorgang|チケット番号|問い合わせ番号|受付番号"),
    ),
    "ticket.customer": (
        "id",
        "Who wrote",
        (
            "customer id|client id|kundennummer|requester|requester email|email|e mail|absender|kunde|customer|"
            "顧客コード|顧客番号|顧客|会員"
        ),
    ),
    "ticket.opened": (
        "datetime",
        "When it came in",
        ("opened at|opened|created|received|eingang|erstellt am|date|datum|受付日時|受付日|問い合わせ日|作成日"),
    ),
    "ticket.first_response": (
        "datetime",
        "When it was first answered",
        ("first response|first reply|erste antwort|初回回答|初回対応"),
    ),
    "ticket.resolved": (
        "datetime",
        "When it was resolved",
        ("resolved at|closed|solved|erledigt|geschlossen|完了日|解決日|終了日"),
    ),
    "ticket.topic": (
        "category",
        "Topic",
        ("topic|category|kategorie|thema|type|queue|種別|カテゴリ|分類"),
    ),
    "ticket.channel": ("category", "Way in", "channel|kanal|source"),
    "ticket.priority": (
        "category",
        "Priority",
        ("priority|prioritaet|severity|prio|優先度"),
    ),
    "ticket.satisfaction": (
        "number",
        "Satisfaction score",
        ("satisfaction|csat|rating|zufriedenheit|score|satisf|満足度"),
    ),
    # processes
    "stage.case": (
        "id",
        "Piece of work",
        ("ticket id|appointment id|application id|case id|case|vorgang|案件番号|受付番号"),
    ),
    "stage.name": (
        "category",
        "Stage",
        ("stage|step|activity|status|phase|schritt|工程|段階|ステータス"),
    ),
    "stage.start": (
        "datetime",
        "Entered at",
        ("entered at|started|start|begin|von|開始日時|開始"),
    ),
    "stage.end": (
        "datetime",
        "Left at",
        ("left at|ended|end|finished|completed|bis|終了日時|終了"),
    ),
    "stage.worker": (
        "id",
        "Who did it",
        ("agent id|staff id|advisor id|worker|employee|bearbeiter|担当者"),
    ),
    "case.id": ("id", "Piece of work", "ticket id|appointment id|application id|case id|case"),
    "case.kind": ("category", "Kind of work", "topic|department|purpose|category|type|kind"),
    # resources and costs
    "shift.group": ("category", "Team or kind of resource", "team|kind|branch id|branch|group|department|abteilung"),
    "shift.paid": (
        "number",
        "Minutes paid for",
        "paid minutes|paid|available|capacity|bezahlt|soll stunden|soll|planned hours|scheduled hours|contract hours",
    ),
    "shift.busy": (
        "number",
        "Minutes in use",
        "busy minutes|busy|used|productive|genutzt|ist stunden|ist|worked hours|hours worked|actual hours",
    ),
    "shift.rate": ("number", "Cost per hour", "hourly cost|hourly rate|rate|stundensatz"),
    "shift.start": ("datetime", "Begin of the shift", "starts at|start|begin|date"),
    "cost.month": ("date", "Month", "month|monat|period|date|datum|mois|mes|mese|maand"),
    "cost.department": ("category", "Department", "department|abteilung|cost center|kostenstelle|category"),
    "cost.amount": ("number", "Cost", "amount|cost|betrag|kosten"),
    # access and audit
    "access.time": (
        "datetime",
        "When",
        ("occurred at|timestamp|zeitstempel|time|date|zeit|日時|タイムスタンプ"),
    ),
    "access.user": (
        "id",
        "Who",
        ("employee id|user id|username|user|actor|mitarbeiter|benutzer|ユーザー|利用者|職員"),
    ),
    "access.action": (
        "category",
        "What was done",
        ("action|event|operation|aktion|操作|処理"),
    ),
    "access.object": (
        "category",
        "On what",
        ("object name|object|table|resource|system|objekt|対象|画面"),
    ),
    "access.record": ("id", "Which record", "record id|record|entity id"),
    "access.rows": ("number", "How many rows", "row count|rows|count|anzahl"),
    "access.reason": ("id", "Business reason", "reason|purpose|justification|grund"),
    "access.address": ("id", "Network address", "ip address|ip|address|host|quell ip"),
    "access.succeeded": (
        "boolean",
        "Whether it succeeded",
        ("succeeded|success|ok|result|erlaubt|allowed|結果"),
    ),
    "access.id": ("id", "Entry number", "entry id|log id|event id"),
    "employee.id": ("id", "Employee number", "agent id|staff id|advisor id|employee id|user id"),
    "employee.left_on": ("date", "Last day of work", "left on|leaving date|termination|austritt|last day"),
    "employee.team": ("category", "Team", "team|department|branch id|abteilung"),
    "exchange.time": ("datetime", "When", "at|time"),
    "exchange.key": ("id", "Virtual key", "key"),
    "exchange.model": ("category", "Model", "model"),
    "exchange.provider": ("category", "Provider", "provider"),
    "exchange.policy": ("category", "Policy", "policy"),
    "exchange.outcome": ("category", "Outcome", "outcome"),
    "exchange.entities": ("text", "Findings per entity type, as JSON", "entities"),
    "exchange.unknown": ("number", "Tokens that could not be restored", "unknown"),
    "exchange.ms_total": ("number", "Duration in milliseconds", "ms total"),
    # campaigns
    "response.campaign": ("id", "Campaign", "campaign id|campaign|kampagne"),
    "response.customer": ("id", "Who got it", "customer id|client id|customer"),
    "response.opened": ("boolean", "Opened", "opened|open"),
    "response.converted": ("boolean", "Bought", "converted|conversion|bought"),
    "response.revenue": ("number", "Revenue", "revenue|amount|umsatz"),
    "campaign.id": ("id", "Campaign number", "campaign id|kampagnen id"),
    "campaign.name": ("category", "Name of the campaign", "name|title"),
    "campaign.cost": ("number", "Cost", "cost|budget|kosten"),
    # a clinic
    "appointment.id": ("id", "Appointment number", "appointment id|visit id|termin"),
    "appointment.patient": ("id", "Patient", "mrn|patient id|patient"),
    "appointment.start": ("datetime", "When", "starts at|start|scheduled|date|termin"),
    "appointment.status": ("category", "What became of it", "status|outcome"),
    "appointment.department": ("category", "Department", "department|clinic|abteilung"),
    "patient.id": ("id", "Patient number", "mrn|patient id"),
    "patient.birth_date": ("date", "Birth date", "birth date|dob|born|geburtsdatum"),
    "lab.id": ("id", "Result number", "result id|lab id"),
    "lab.patient": ("id", "Patient", "mrn|patient id|patient"),
    "lab.test": ("category", "Test", "test name|test|analyte"),
    "lab.value": ("number", "Value", "value|result|wert"),
    "lab.low": ("number", "Lower end of the reference", "reference low|low|min"),
    "lab.high": ("number", "Upper end of the reference", "reference high|high|max"),
    # a bank
    "payment.id": ("id", "Transaction number", "transaction id|payment id|id"),
    "payment.account": ("id", "Account", "account id|account|auftragskonto|konto"),
    "payment.time": ("datetime", "When", "booked at|time|date|buchungstag|buchungsdatum|buchung|valuta"),
    "payment.kind": ("category", "Kind", "kind|type|art|buchungstext|umsatzart"),
    "payment.amount": ("number", "Amount", "amount|betrag"),
    "account.id": ("id", "Account number", "account id|account"),
    "account.balance": ("number", "Balance", "balance|saldo"),
    "loan.id": ("id", "Application number", "application id|loan id"),
    "loan.defaulted": ("boolean", "Whether it defaulted", "defaulted|default|ausfall"),
    "loan.decision": ("category", "Decision", "decision|status|entscheidung"),
    "loan.amount": ("number", "Amount", "amount|betrag|principal"),
    "loan.purpose": ("category", "Purpose", "purpose|zweck"),
}


def known_roles() -> tuple[str, ...]:
    """The names of all built-in roles."""
    return tuple(_ROLES)


def role(name: str, *, required: bool = False) -> RoleNeed:
    """The built-in role `name`. Raises KeyError when there is none."""
    kind, title, words = _ROLES[name]
    return RoleNeed(name=name, title=title, kind=kind, words=tuple(words.split("|")), required=required)
