"""Words of programming, science and offices that models take for people, places and firms. Pure.

Public names of languages, libraries and tools point at nobody, as "the NDA" and "an MRI" do, and a question about one
is useless without it. Firms are not here (a customer may be one), nor what is a name of people, too (Ruby, Julia,
Jenkins, Haskell, Swift, Kafka).
"""

from __future__ import annotations

import re

_TOOLS = frozenset(
    """
    python javascript typescript java kotlin golang php c++ c# f# matlab fortran cobol clojure erlang elixir
    webassembly wasm zsh powershell html html5 css css3 sass less sql plsql graphql grpc json yaml toml xml csv
    markdown latex regex numpy pandas polars scipy scikit-learn sklearn matplotlib seaborn plotly pytorch tensorflow
    keras xgboost lightgbm jupyter fastapi pydantic sqlalchemy alembic pytest unittest asyncio aiohttp uvicorn gunicorn
    uvloop mypy ruff react redux vue vue.js nuxt nuxt.js next.js node.js node nodejs deno npm yarn pnpm webpack vite
    eslint prettier angular angularjs svelte jquery bootstrap tailwind tailwindcss vitest playwright cypress selenium
    puppeteer storybook electron springboot hibernate gradle junit tomcat log4j asp.net dotnet .net blazor
    entityframework nuget xamarin laravel symfony wordpress drupal rspec docker dockerfile kubernetes k8s kubectl
    terraform opentofu ansible vagrant podman containerd istio argocd prometheus grafana opentelemetry elasticsearch
    logstash kibana opensearch splunk postgres postgresql mysql mariadb sqlite mongodb redis valkey memcached dynamodb
    couchdb neo4j influxdb clickhouse duckdb bigquery snowflake redshift hadoop hdfs airflow dbt rabbitmq nats
    zookeeper nginx haproxy git github gitlab bitbucket jira confluence linux ubuntu debian centos fedora alpine macos
    ios android windows unix posix ec2 s3 iam cloudformation cloudwatch vpc eks gke aks ecs fargate kms sns sqs tcp udp
    http https tls ssl ssh dns dhcp oauth oauth2 oidc saml jwt cors csrf xss api sdk cli ide cpu gpu ram ssd cpython
    pypy cython numba cuda opencl openmp mpi llvm gcc clang cmake makefile bazel langchain llamaindex huggingface
    transformers spacy nltk lingua presidio openapi swagger postman excel powerpoint pdf ini ipv4 ipv6 vim emacs neovim
    vscode intellij pycharm xcode photoshop lightroom illustrator figma blender gimp bluetooth wifi wi-fi usb hdmi
    compose poetry boolean webpack jdbc odbc recyclerview dataframe hikaricp hikaripool jenkins-pipeline
    usememo useeffect usestate useref stdout stderr stdin localhost middleware websocket websockets webhook webhooks
    jenkinsfile bsd gpl usd eur gbp chf jpy cny inr aud cad nzd sek nok dkk pln czk huf brl mxn zar aed sgd hkd
    """.split()
)
_KEYWORDS = frozenset(
    """
    select from where insert update delete create alter drop table index view join left right inner outer order group
    by having limit offset values into set primary foreign key references default not null unique constraint check
    serial bigserial smallserial int integer bigint smallint numeric decimal varchar char text boolean date timestamp
    timestamptz bytea jsonb begin commit rollback explain analyze vacuum grant revoke union distinct workdir run copy
    add cmd entrypoint env arg expose volume user healthcheck port host path home debug true false none undefined void
    public private protected static final class interface const let var function return import export async await def
    self
    """.split()
)
_AS_WRITTEN = frozenset(("const", "let", "var", "def", "True", "False", "None"))
"""Keywords that are no everyday word where they are written so."""
_SHORT = frozenset(
    """
    zip pin sku ean upc gtin isbn issn iban bic vin imei imsi url uri uuid guid po vat ssn tin ein itin mrn npi dob
    icd cpt ndc cvv cvc otp faq rma eta etd sla nda crm erp kpi kpis okr okrs roi hr it qa pm am vp ceo cfo cto coo
    cio ciso cmo svp evp b2b b2c saas paas iaas gdp yoy qoq ytd mtd ebitda capex opex npv irr ltv arr mrr aov nps
    csat gmv cogs sop rfp rfq rfi sow msa mou poc mvp tbd tba tbc fyi asap eod cob rsvp pto wfh seo ppc cpc cpm ctr
    kyc aml gdpr ccpa hipaa ferpa eula mri ecg ekg eeg icu er bmi bp copd adhd ptsd hiv aids dna rna cpr ent nicu iv
    prn ldl hdl tsh cbc uti gerd ibs als pcr covid covid-19 utc gmt cet ai ml nlp llm ocr ui ux vpn lan wan vm ssd
    hdd led lcd tv gps rfid nfc sim sms vip suv jpeg jpg png svg bmp tiff mp3 mp4 wav docx xlsx pptx epub eof ascii
    utf-8 utf8 rest soap rpc nat dhcp arp icmp bgp ospf vlan ssid mtu tls smtp imap pop3 ftp sftp nfs smb ldap raid
    nas bios uefi crud mvc mvvm orm etl elt olap oltp acid cap dsl jvm jdk jre jit bom ast ffi regexp lru fifo lifo
    dfs bfs swot pestle raci heloc apr apy etf ira 401k pnl p&l bnpl gaap ifrs ocf fcf wacc dcf cagr ipo warn info
    debug fatal trace todo fixme wip eol lts rc ga afk brb lol btw imo fwiw tldr tl;dr diy pov nsfw ama eli5
    """.split()
)
"""What offices, shops and clinics write in capitals every day; no abbreviation of a state, a country or a body."""
_ERRORS = re.compile(r"Traceback|\w*(?:Error|Exception|Warning)")
_TAGS = frozenset(
    """
    a abbr article aside b body br button canvas code div em footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe
    img input label li link main meta nav ol option p path pre script section select small span strong style sub sup
    svg table tbody td textarea tfoot th thead title tr u ul video
    """.split()
)
_EPONYMS = frozenset(
    """
    dijkstra bellman-ford floyd-warshall kruskal knuth-morris-pratt boyer-moore ford-fulkerson edmonds-karp bayes gauss
    gaussian euler newton fourier laplace markov poisson bernoulli cohen pearson spearman kolmogorov-smirnov
    shapiro-wilk mann-whitney turing pythagoras fibonacci heisenberg schrödinger maxwell faraday ohm kirchhoff hooke
    boyle avogadro planck navier-stokes cauchy riemann lagrange nash pareto amdahl goodhart conway chebyshev weibull
    wiener kalman huffman hamming levenshtein occam schrodinger dunning-kruger doppler krebs bloom voronoi mandelbrot
    merkle bellman dirichlet hilbert hermite lorentz moore metcalfe zipf hopfield boltzmann fisher wilcoxon
    stockholm rorschach parkinson alzheimer crohn hodgkin asperger tourette
    """.split()
)
_NAME = re.compile(r"[\w-]+")
_OF_SCIENCE = re.compile(
    r"(?:['\u2019]s?)?[ -](?:algorithms?|theorem|law|principle|distributions?|equations?|transforms?|inequality|matrix|"
    r"series|sequence|chains?|lemma|conjecture|coefficient|correlation|constant|machine|equilibrium|criterion|distance|filter|coding|"
    r"razor|trees?|space|curve|cat|effect|shift|cage|cycle|d|kappa|disease|syndrome|lymphoma)\b",
    re.IGNORECASE,
)
"""What follows the name of somebody after whom it is called: "Dijkstra's algorithm"."""
_JOINTS = frozenset(("and", "or", "&", "/", "vs", "vs.", "on", "with", "for", "the", "a", "an", "your", "our"))
_VERSION = re.compile(r"v?\d+(?:\.\d+){0,3}")


def is_nobodys(text: str, start: int, end: int) -> bool:
    """Whether the range is nothing but public names of tools, keywords, abbreviations in capitals or an error's class.

    Or a tag of HTML, or the name after whom a law or an algorithm is called, right before that word.
    """
    piece = text[start:end]
    name = _NAME.match(piece)
    of_science = _OF_SCIENCE.match(text, start + name.end()) if name and name.group().lower() in _EPONYMS else None
    if of_science and of_science.end() >= end:
        return True
    if text[max(0, start - 2) : start].endswith(("<", "</")) and piece.lower() in _TAGS:
        return True
    words = piece.replace("/", " ").split()
    named = [word for word in words if word.lower() not in _JOINTS and not _VERSION.fullmatch(word)]
    return bool(named) and all(map(_is_word, named))


def _is_word(word: str) -> bool:
    lower = word.lower()
    if lower in _TOOLS or (lower in _SHORT and word[:2].isupper()):
        return True
    return (
        lower in _KEYWORDS and (word.isupper() or word in ("const", "let", "var", "def", "True", "False", "None"))
    ) or (_ERRORS.fullmatch(word) is not None)
