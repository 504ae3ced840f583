"""What the name of a column says about its values. Pure; English words with the commonest of other languages.

A name is read as words in lower case joined by `_`: `custFirstName2` is `cust_first_name`. The first rule that fits
counts, so special ones stand above general ones.
"""

from __future__ import annotations

import re

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATORS = re.compile(r"[^0-9A-Za-zÀ-ɏ\u3005\u3040-\u30ff\u3400-\u9fff]+")
"""Letters of Latin scripts, Japanese and Chinese make words."""
_NUMBER = r"(id|no|nr|num|number|nummer|code|key|ref|reference)"
_PEOPLE = (
    r"(customer|client|patient|employee|staff|agent|advisor|user|member|person|contact|applicant|candidate|student|"
    r"teacher|doctor|physician|nurse|guest|passenger|driver|owner|author|manager|supervisor|sender|recipient|"
    r"cardholder|holder|signatory|beneficiary|guardian|spouse|parent|child|rep|salesperson|worker|lead|subscriber|"
    r"insured|tenant|buyer|seller|assignee|requester|reporter|approver|reviewer|recruiter|interviewer|emergency_contact|"
    r"kunde|kundin|klient|mitarbeiter|mitarbeiterin|angestellter?|bearbeiter|sachbearbeiter|betreuer|ansprechpartner|"
    r"verkäufer|verkaeufer|käufer|kaeufer|besteller|empfänger|empfaenger|begünstigter|beguenstigter|absender|inhaber|"
    r"kontoinhaber|karteninhaber|zahlungsempfänger|zahlungspflichtiger|versicherter|mieter|fahrer|vertreter|leiter|"
    r"benutzer|nutzer|mitglied|teilnehmer|bewerber|schüler|lehrer|arzt|ärztin|"
    r"employée?|salariée?|collaborateur|collaboratrice|vendeur|vendeuse|acheteur|destinataire|bénéficiaire|"
    r"titulaire|adhérente?|locataire|médecin|conseillère?|empleado|empleada|trabajador|vendedor|comprador|"
    r"destinatario|beneficiario|titular|paciente|médico|cliente|dipendente|venditore|acquirente|paziente|titolare|"
    r"klant|medewerker|werknemer|verkoper|koper|ontvanger|begunstigde|patiënt|huurder)"
)
_NO = r"(n|no|nr|num|nro|numero|num[eé]ro|n[uú]mero|code|c[oó]digo|codice|r[eé]f|matricule)"
"""What stands before the thing in Romance languages: `N° client`, `código de cliente`."""
_RULES: tuple[tuple[str, str], ...] = (
    (r"last_?(4|four)|masked|bin|user_agent", ""),
    (r"cvv2?|cvc2?|cid|cav2?|card_(security|verification)_(code|value|number)|security_code", "CARD_SECURITY_CODE"),
    (r"(card|cc)_(expiry|expiration|exp|valid)\w*|exp(iry)?_(month|date)_card|card_exp\w*", "CARD_EXPIRY"),
    (
        r"credit_?card(_(number|no|num))?|card_(number|no|nr|num)|cc_(number|no|num)|ccn|pan|debit_card\w*",
        "CREDIT_CARD",
    ),
    (r"iban", "IBAN_CODE"),
    (r"bic|swift(_code)?", "SWIFT_CODE"),
    (r"(aba|routing)(_(number|no|code))?", "ABA_ROUTING_NUMBER"),
    (r"bank_account\w*|bank_acct\w*", "US_BANK_NUMBER"),
    (r"ssn|social_security\w*|soc_sec\w*", "US_SSN"),
    (r"itin", "US_ITIN"),
    (r"passport(_(number|no|num|nr|id))?", "PASSPORT"),
    (rf"driver'?s?_?licen[cs]e(_{_NUMBER})?|drivers_lic\w*|dl_{_NUMBER}", "DRIVER_LICENSE"),
    (r"licen[cs]e_plate|number_plate|plate(_number)?|vehicle_reg\w*|registration_plate|kennzeichen", "LICENSE_PLATE"),
    (r"vin|vehicle_identification\w*", "VIN"),
    (r"nhs(_number|_no)?", "UK_NHS"),
    (r"nino|national_insurance\w*|ni_number", "UK_NINO"),
    (rf"tax_?{_NUMBER}|vat(_{_NUMBER})?|tin|ein|steuernummer|fiscal_code|codice_fiscale", "TAX_ID"),
    (
        rf"national_?{_NUMBER}|identity_card|id_card\w*|dni|nie|cpf|bsn|pesel|aadhaar|personnummer|citizen_id",
        "NATIONAL_ID",
    ),
    (r"mrn|medical_record\w*|patient_(id|no|number|nr)|chart_(number|no)", "MEDICAL_RECORD"),
    (
        rf"(insurance|health_?plan|policy_?holder|beneficiary|subscriber|medicare|medicaid)_(member_)?{_NUMBER}",
        "MEMBER_ID",
    ),
    (rf"policy_{_NUMBER}|member_{_NUMBER}", "MEMBER_ID"),
    (r"npi", "NPI"),
    (r"dea(_number)?|medical_licen[cs]e\w*", "MEDICAL_LICENSE"),
    (r"e_?mail(_(address|addr|id))?|mail_address|courriel|correo", "EMAIL_ADDRESS"),
    (
        r"(mobile|cell|home|work|office|day|evening)?_?(phone|telephone|tel|telefon|fax)(_(number|no|nr|num))?",
        "PHONE_NUMBER",
    ),
    (r"mobile(_(number|no))?|cell(_number)?|msisdn|handy|telefono", "PHONE_NUMBER"),
    (
        r"(client|remote|source|src|host|last_login|server)?_?ip(_?(v4|v6|addr|address))?|remote_(addr|host)",
        "IP_ADDRESS",
    ),
    (r"mac(_address|_addr)?", "MAC_ADDRESS"),
    (r"imei", "IMEI"),
    (rf"device_({_NUMBER}|serial)|serial(_(number|no))?|\w*_serial|imsi|hardware_id|advertising_id", "DEVICE_ID"),
    (r"biometric\w*|fingerprint|faceprint|voiceprint", "BIOMETRIC_ID"),
    (r"password|passwd|pwd|passphrase|pin|pin_code", "PASSWORD"),
    (r"api_?key|access_key", "API_KEY"),
    (r"secret|access_token|refresh_token|auth_token|session_token|session_id|cookie|jwt|token", "SECRET"),
    (
        r"(date_of_birth|birth_?date|dob|birth_?day|born(_on)?|geburtsdatum|date_naissance|fecha_nacimiento)",
        "DATE_OF_BIRTH",
    ),
    (r"age(_years)?|alter", "AGE"),
    (
        (
            r"(user(_?name)?|login(_name)?|user_?login|screen_name|handle|nick|account_name|auth_user|remote_user|"
            r"\w*_login)"
        ),
        "USERNAME",
    ),
    (
        (
            r"(first|given|fore|christian|middle|last|sur|family|maiden|full|nick|preferred|legal|display|"
            r"real)_?names?"
        ),
        "PERSON",
    ),
    (
        (
            r"forename|surname|vorname|nachname|familienname|pr[eé]nom|apellidos?|cognome|voornaam|achternaam|"
            r"(nom|nombre|naam)_(complet|completo|de_famille|y_apellidos)|nom_et_pr[eé]nom|volledige_naam|person|people"
        ),
        "PERSON",
    ),
    (
        (rf"{_NO}_((de|del|du|di|della|van)_)?(cliente?|compte|cuenta|conto|contra[tc]o?|abonn[eé]|adh[eé]rent|socio)"),
        "ACCOUNT_NUMBER",
    ),
    (rf"{_NO}_((de|del|du|di|d)_)?(employée?|salariée?|empleado|dipendente)|matricule", "EMPLOYEE_ID"),
    (rf"{_NO}_((de|du)_)?patiente?|{_NO}_(del?|di)_pa(c|z)iente", "MEDICAL_RECORD"),
    (rf"(nom|nombre|nome|naam)_((de|del|du|della|van|di|la|le)_)*{_PEOPLE}|name_(des|der)_\w+", "PERSON"),
    (rf"{_PEOPLE}(en|n|s)?_?(name|naam)|(bearbeitet|erstellt|genehmigt|gebucht|erfasst)_(von|durch)", "PERSON"),
    (rf"{_PEOPLE}_?name|name_of_{_PEOPLE}|{_PEOPLE}|(assigned|reported|signed|approved|created)_(to|by)", "PERSON"),
    (
        (
            rf"(employee|staff|agent|advisor|worker|emp|personnel|clerk|manager|supervisor|operator|rep|"
            rf"badge)_{_NUMBER}|"
            rf"(personal|mitarbeiter|angestellten|medewerker|werknemer)s?_?(nr|nummer|id|kennung)"
        ),
        "EMPLOYEE_ID",
    ),
    (
        (
            rf"(customer|client|cust|account|acct|contract|subscriber|billing_account|loyalty|kunden|"
            rf"kd|debtor|debitoren|konto|vertrags|mitglieds|klant|klanten)_?{_NUMBER}"
        ),
        "ACCOUNT_NUMBER",
    ),
    (r"billing_account|account|acct", "ACCOUNT_NUMBER"),
    (
        (
            rf"(ticket|order|case|invoice|application|claim|booking|reservation|incident|quote|po|"
            rf"bestell|beleg|rechnungs|auftrags|vorgangs)_?{_NUMBER}|"
            rf"{_NO}_((de|del|du|di|della|la|d)_)?(commande|facture|pedido|factura|ordine|fattura|dossier|ticket)|"
            rf"(bestel|factuur|order)_?nummer"
        ),
        "TICKET_ID",
    ),
    (
        (
            r"street(_?(address|name|line))?(_?[12])?|address(_?(line|street))?(_?[123])?|addr(ess)?_?[12]?|"
            r"strasse|adresse|rue|calle|home_address|mailing_address|\w+_address"
        ),
        "STREET_ADDRESS",
    ),
    (r"city|town|village|birth_?place|place_of_birth|municipality|stadt|ort|ville|ciudad|\w+_city", "LOCATION"),
    (r"zip(_?code)?|post_?code|postal(_?code)?|plz|\w+_(zip|postcode)", "POSTCODE"),
    (r"lat(itude)?|lon(g|gitude)?|coordinates|geo_?(point|location)?|gps", "COORDINATES"),
    (r"nationality|religion|ethnicity|race|political\w*|citizenship", "NRP"),
    (
        (
            r"(company|employer|organi[sz]ation|firm|business|supplier|vendor|school|university)(_name)?|"
            r"(firm(a|en)|unternehmens?|lieferant(en)?|lieferfirma|hersteller|auftraggeber|arbeitgeber)(_?name)?|"
            r"entreprise|soci[eé]t[eé]|fournisseur|raison_sociale|empresa|compañ[ií]a|proveedor|raz[oó]n_social|"
            r"azienda|ditta|fornitore|ragione_sociale|bedrijf(snaam)?|leverancier|werkgever"
        ),
        "ORGANIZATION",
    ),
    (r"(url|uri|web_?site|home_?page|link|referr?er|\w+_url|\w+_link|request_uri|landing_page)", "URL"),
    (r"uuid|guid", "UUID"),
    (r"氏名|名前|お名前|姓|名|(顧客|会員|患者|利用者|社員|担当者?)(氏?名)", "PERSON"),
    (r"メール(アドレス)?", "EMAIL_ADDRESS"),
    (r"電話(番号)?|携帯(電話|番号)?", "PHONE_NUMBER"),
    (r"住所", "STREET_ADDRESS"),
    (r"郵便番号", "POSTCODE"),
    (r"生年月日", "DATE_OF_BIRTH"),
    (r"年齢", "AGE"),
    (r"会社名?|法人名|取引先名?|得意先名?|仕入先名?|勤務先", "ORGANIZATION"),
    (r"(顧客|会員|得意先|契約)(コード|番号|id)", "ACCOUNT_NUMBER"),
    (r"(注文|受付|伝票|請求書?|予約)(コード|番号|id)", "TICKET_ID"),
)
_TYPED = tuple((re.compile(rf"(?:\w+_)??(?:{rule})", re.IGNORECASE), entity_type) for rule, entity_type in _RULES)
_QUASI = re.compile(
    r"(?:\w+_)??(gender|sex|marital(_status)?|country(_code)?|state|region|province|county|district|education(_level)?|"
    r"job(_title)?|occupation|profession|position_title|language|locale|household_size|birth_?year|year_of_birth|"
    r"user_agent|geschlecht|land|pays|pais|性別|国籍?|都道府県)"
)
_TEXT = re.compile(
    r"(?:\w+_)??(body|text|message|comments?|notes?|description|remarks?|memo|letter|content|subject|summary|feedback|"
    r"details|reason|transcript|review|bio|about|cover_letter|answer|question|bem(erkung(en)?)?|"
    r"hinweise?|anmerkung(en)?|notiz(en)?|kommentare?|nachricht|beschreibung|betreff|grund|verwendungszweck|"
    r"remarques?|commentaires?|objet|motif|observaci(ó|o)n(es)?|comentarios?|notas?|asunto|motivo|descripci(ó|o)n|"
    r"osservazion[ei]|commento|commenti|oggetto|descrizione|opmerking(en)?|omschrijving|toelichting|"
    r"備考|メモ|コメント|内容|本文|問い合わせ内容)"
)
_CATEGORY = re.compile(
    r"(?:\w*_)??(status|state|typ|type|art|kind|category|kategorie|class|klasse|gruppe|group|method|methode|mode|channel|"
    r"kanal|vertriebsweg|priority|prio|priorität|severity|currency|währung|waehrung|product|produkt|artikel|item|sku|"
    r"marke|brand|model|modell|colour|color|farbe|size|unit|einheit|plan|tarif|stage|phase|abteilung|department|"
    r"payment|zahlung|zahlart|bezahlart|\w*(zahlungs|bezahl|versand|liefer)(art|weise|methode|mittel|weg)|warengruppe|"
    r"paiement|pago|pagamento|betaalwijze|betaalmethode|catégorie|categorie|categoría|categoria|statut|estado|stato|"
    r"(buchungs|umsatz|transaktions)(text|art|typ)|produit|producto|prodotto|canal|canale|kanaal|carrier|action|event|result|outcome|ergebnis)"
)
"""Names of things that are one of a few: what they hold is nobody, though `Klarna` and `Visa` sound like names."""
_PEOPLE_TABLES = re.compile(
    r"(?:\w+_)??(customer|client|patient|employee|staff|agent|advisor|user|member|person|people|contact|applicant|"
    r"candidate|student|teacher|doctor|guest|passenger|driver|lead|subscriber|worker|author|players?|kunden?)s?"
)
_BARE_NAME = re.compile(r"name|fullname|names|nom|nombre|nome|naam")


def words_of(name: str) -> str:
    """The name as words in lower case joined by `_`, without a number at its end unless it is part of it (last4)."""
    parts = _SEPARATORS.split(_CAMEL.sub("_", name))
    return "_".join(part.lower() for part in parts if part)


def entity_type_of(column: str, table: str = "") -> str | None:
    """The entity type that a column of this name usually holds, or None.

    `name` alone is a person's in a table of people.
    """
    words = words_of(column)
    if _BARE_NAME.fullmatch(words):
        return "PERSON" if is_people_table(table) else None
    for rule, entity_type in _TYPED:
        if rule.fullmatch(words):
            return entity_type or None
    return None


def is_people_table(table: str) -> bool:
    """True when the table's name says that each row is a person."""
    return bool(_PEOPLE_TABLES.fullmatch(words_of(table.rpartition(".")[2])))


def says_quasi(column: str) -> bool:
    """True for names of quasi-identifiers: narrowing, but pointing at nobody alone."""
    return bool(_QUASI.fullmatch(words_of(column)))


def says_category(column: str) -> bool:
    """True for names of columns that hold one of a few kinds, ways or states: payment methods, products, channels."""
    return bool(_CATEGORY.fullmatch(words_of(column)))


def says_text(column: str) -> bool:
    """True for names that free text usually has."""
    return bool(_TEXT.fullmatch(words_of(column)))
