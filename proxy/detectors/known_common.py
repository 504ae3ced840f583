"""Words that say nothing about a person by themselves, although people are called so. Pure data.

A part of a name that is one of these counts only behind its full name. English mostly, with the commonest German,
French, Spanish, Italian and Dutch words that are also names; written for this product.
"""

from __future__ import annotations

from typing import Final

COMMON_WORDS: Final = tuple(
    """
    azar monat segun
    aber able about above abroad accept access account across action active actual address adult advance advice
    affair after again against agent agree ahead ahora alert alike alive alle allow almost alone along already also
    always among amor amore amount anche angel anger angle animal annual another answer apart apple apply april
    archer area argue armor army around arrive arrow art article artist aside asset assist auch august aunt aussi
    author auto autumn avec avenue average avoid award aware away baby back badge baker balance ball band bank banks
    barber bark barn barrel barrow base basic basin basket bass battle beach beacon bean bear beard beat beau
    beautiful became because become been before begin behind beim being believe bell bella bello below bench benefit
    berry best better between beyond bianca bianco bien bill bills bird birds birth bishop bitter black blade blanc
    blanca blanco blank blau blaze bless blind block blood bloom blow blue board boat body bois bolt bon bond bone
    bonne book books boot border born bos boss both bottle bottom bound bowl bowler boxer bracket branch brand brass
    brave bread break breeze brick bridge brief bright bring broad broken brook brooks brother brought brown brush
    buck budget bueno build built bull burn burns bush business busy butler butter button cable cafe cake call calle
    called calm came camera camp campo candy cane canon capital captain carbon card cards care career carpenter
    carrier carry cart carter carver casa case cash cast castle cause cedar center central century certain cette
    chain chair chamber chambers champion chance chancellor change channel chapel chapter charge charity charm chart
    chase cheap check cherry chess chez chief child children choice christmas church cielo circle city civil claim
    class clay clean clear clerk click client cliff clock close cloud clover club coach coal coast code coffee coin
    cold college colonel color colour column come comfort coming common como company complete contact content
    control cook cookie cool cooper copper copy coral core corn corner cost costa cotton could council count counter
    country county couple courage course court cove cover craft crane cream creek crew cross crow crowd crown cruz
    crystal cuando culture curious current curry curtain custom customer cycle dalla dame dance dancer danger dann
    dans dark dash data date dates dawn dead deal dealer dear death deck deep deer dein della delta demand dense
    depth desde desert design desk destiny detail deux deze diamond diese digital dijk direct director disk distance
    divine doch dock doctor does dolce dollar donde done door dopo dort double dove down downs dozen draft dragon
    drawing dream dress drew drive driver drop duke dust duty each eager eagle earl early earn earth ease east
    easter easy edge een effect eight eine einen either elder elle elm else ember emerald emperor empire empty
    enable ending energy engine enough enter entire entre entry equal error escape esta este esto etre even evening
    event ever every exact example except exchange exit expert express extra face fact fair fait faith falcon fall
    false fame family famous fancy farm farmer farrier fast father fault favor fear feature feed feel feet fellow
    felt fern field fields fifth fight figure file files fill fille film fils final find fine fiore fire firm first
    fish fisher five flag flame flash flat fleet flint floor flow flower flowers focus folk follow food foot force
    ford forest forge form former fort fortune forward found fountain four fox frame frank frau free freedom freeman
    french fresh friday friend from front frost fruit fuchs fuel fuente full fund future gain gale game garde garden
    gardener gate gates gave geen general genesis gentle german giant gift giorno give given glad glass globe glory
    glover goal goed going gold golden good goods grace gracias grade grain grand grande grant graph grass gray
    great greco green grey groot gross ground group grove grow growth guard guerra guess guest guide guitar haar
    half hall halls hammer hand hands happen happy harbor hard hardy harmony harper harvest hasta haus have haven
    hawk hazel head health heart heat heath heather heaven heavy heer held hello help hence here hero herr herren
    hidden hier high hijo hill hills hint hire hobby hoja hold holder holiday hollow holly hombre home homes honest
    honey honor hood hook hope horn horse host hotel hour house houses however hunt hunter hurt idea iglesia ihre
    image important inch indeed index info inner input inside iron island issue item ivory ivy jade january jasmine
    jewel join joiner joint jong jour journal journey judge juice july june jung junior just justice kaiser keen
    keep kein kept kettle keys kind king kingdom kings kitchen klein kleine knew knight know known konig koning kurz
    label lady lake lamb land lane lang lange language large lark last late later laurel lavender lawn layer lead
    leader leaf league learn least leather leave left legal legend lemon leon less lesson letter leur level liberty
    library license life light like lily limit line lines link lion list listen little live lives load loan local
    lock lodge logic long look lord lore lose loss lost lots loud love loved low lower loyal luck lucky luna lunch
    luz madam madame made magic mail main maine mais major make maker male malt manage manager mann manner manor
    many maple mar marble march mare mark market marks marsh marshal marshall marvel mas mason master masters match
    mate matter maybe mayo mayor mead meadow meadows mean means media medical meet mehr mein mejor member meme
    memory mercy merit merry message metal meter method mevrouw middle mieux might mild mile miles milk mill miller
    mills mind mine minor mint minute miracle mirror miss mister mode model modern moins moment monday monde money
    monk monsieur month moody moon moor more morning most mother moulin mount mountain move much mucho mundo music
    must myrtle nada nail name names narrow nation nature navy near nearly neat neck need needs neither nella neri
    nero nest never news next nice nicht niet nieves night nine nobel noble noch noir none noon normal north note
    nothing notice notte nous novel november number nurse oaks object ocean october oder offer office often okay
    older olive once onder only onto opal open order orders original other others outer outside over owner pace pack
    page pages paid pain paint painter pair palace pale palm paloma panel paper para paradise parent parish park
    parks parson part parts party pass past paste patch path patience patron pause paz peace peach peak pearl penny
    people pepper perche perfect perhaps period pero person petit petite phone piazza piece pike pilgrim pilot pine
    pink pioneer piper pitch piu place places plain plan plane plant plate play player please plenty plus pocket
    poet point points pole police pond pont pool poor pope poppy porque port porter position post potter pound pour
    power powers present president press pretty price prices pride priest prime prince print prior private prize
    problem process product prof professor profit project proof proper proud public pull pure purple push quarter
    queen quest question quick quiet quite race radio rail rain rainbow raise ranch random range ranger rank rare
    rate rather raven reach read reader ready real really reason record reed reef regard region remain rent reply
    report rest result return reverend review rey rich richter rico rider ridge right rights ring rios rise river
    rivers road roads robin roche rock rocks rode rojo roll roof room root rope rosa rose roses rosso rouge rough
    round route roux royal ruby rule rush sable safe sage sail saint sale salt same sand sands sans santa santo
    sapphire saturday savage save savior scale scene schon school schwarz science score screen seal search season
    seat second secret section security seed seek seem sehr sein self sell senator send senior senor senora sense
    sent separate september sera serene sergeant series serve service seven shade shadow shall shape share sharp
    sheep sheet shell shepherd shield shift shine ship shirt shoe shop shore short should show sich side sierra sign
    signal signor signora silent silk silver similar simple since sind singer single sir sister site situation size
    skill skinner sky slater sleep slim slow small smart smile smooth snow sobre social soft soil sol sola sold some
    something song sono soon sort soul sound source sous south space spark sparks speak special speed spice spike
    spirit spoke spot spring square stable staff stage stamp stand standard star stark start state states station
    status stay steal steel steep steer stein step sterling stern steward stick still stock stone stones stood stop
    store storm story strange stream street strength strong student study style subject such sugar suit summer
    summers sunday sunny super supply support sure surface sweet swift sword system table tail take taken tale
    talent talk tall tank target task taste teach team tell temple term test text than thank thanks that their them
    then there these they thing things think third this thorn those though thought three through thursday tide tiger
    till time times tiny title today todo together told tone took tool tools torre total touch toujours tous tout
    tower town towns track trade trail train travel treasure tree trend tres trial tribe trinity trip true trust
    truth tuesday tune turn turner tutti tutto twenty type uncle under union unique unit unity unter until upon
    urban user usual valle valley value vast vector veel vega venture verde verse vert very victory vida video view
    village vine violet virgin virtue vision visit vogel voice voor vos vous vrouw wait walk walker wall walls wants
    ward warm warner wash watch water waters wave weak wealth wear weather weaver wednesday week weeks weigh weil
    weiss welcome well wells wenn went werd were west western what wheat wheel when where whether which while white
    whole whose wide wild wilder will willing willow wind window wine wing winner winter winters wise wish with
    within without wolf woman wonder wood woods wool word words work worker world worth would wright write wrong
    yard year years yellow yesterday young your zero zone
    """.split()
)

SHORT_WORDS: Final = tuple(
    """
    ace act add ado age ago aid aim air ale all and ant any ape app apr apt arc are arm art ash ask ate aug axe bad bag
    ban bar bat bay bed bee beg bet bid big bin bio bit bob bot bow box boy bud bug bun bus but buy bye cab cam can cap
    car cat cob cod cop cow cry cub cue cup cut dad dam day dec den dew did die dig dim din dip dog dot dry due dug dun
    ear eat ebb egg ego elf elk elm end era etc eve ewe eye fan far fat fax fed fee feb few fig fin fit fix flu fly fog
    for fox fri fun fur gap gas gay gem get gin god got gum gun gut guy gym had ham has hat hay hem hen her hey hid him
    hip his hit hog hop hot how hub hue hug hum hut ice icy ill imp ink inn ion its ivy jam jan jar jaw jay jet job jog
    jot joy jug jul jun key kid kin kit lab lad lag lap law lay led lee leg let lid lie lip lit log lot low mad man map
    mar mat max may men met min mix mob mom mon mop mud mug mum nap net new nil nod nor not nov now nut oak oar oat oct
    odd off oil old one opt orb ore our out owl own pad pal pan par pat paw pay pea peg pen per pet pie pig pin pit plan
    ply pod pop pot pro pub pun pup put ram ran rap rat raw ray red rep rib rid rig rim rip rob rod rot row rub rug rum
    run rye sad sag sap sat saw say sea see sep set sew sex she shy sin sip sir sit six ski sky sly sob son sow spa spy
    sub sue sum sun tab tag tan tap tar tax tea tee ten the thu tie tin tip toe too top toy try tub tue two urn use van
    vat vet via vow wag war was wax way web wed wee wet who why wig win wit won yak yam yes yet you zip zoo
    aus bis das dem der des die dir ein ihr ihm mir mit nur oft rot sie tag tal uns von vor was wer wie wir zum zur
    ami bon ces dit est eux feu ici lui mer moi mon nos oui par pas peu que qui roi sel ses sol son sur toi ton une vin
    aqui asi con dos ella era eso fue gas hay las los luz mal mas mis muy ojo oro paz por que rey rio ser sol son sus
    che chi con dal del due era fra gli mai nel non piu poi qui sei sia suo tra una uno dat een het hij hoe kan los nog
    uit wat wel wil zee zij
    """.split()
)

PARTICLES: Final = tuple(
    """
    a abu af al am an and at av aus ben bei bin da dal das de degli dei del della den der des di do dos du e el et
    for i ibn il im in is it ii iii iv jr la las le les lo los mac md me mr mrs ms mx my no of on or phd san sr st
    ten ter the to ton und van vom von vor y za zu zum zur dr ing us we he so as by if up be
    """.split()
)
"""Words inside names, titles and suffixes: never a part by themselves."""
