"""The words the grammar knows, by class. Folded: lower case, no accents, `n` for the letter eñe."""

from __future__ import annotations

from typing import Final

SMALL_WORDS: Final = {
    "EL": "el",
    "LOS": "los",
    "LA": "la",
    "LAS": "las",
    "LO": "lo",
    "DEL": "del dl dle",
    "DE": "de d",
    "AL": "al alk ak",
    "A": "a",
    "EN": "en",
    "Y": "y e i",
    "O": "o u",
    "HASTA": "hasta asta hsta hata",
    "DESDE": "desde dsd dsde dede",
    "PARTIR": "partir",
    "PARA": "para pa p pra xa pal",
    "POR": "por",
    "X": "x",
    # "que tenga pileta" is "con pileta".
    "CON": "con c tenga tengan",
    "SIN": "sin",
    "ENTRE": "entre",
    "QUE": "que q k ke",
    "CADA": "cada",
    "COMO": "como",
    "ME": "me",
    "TE": "te",
    "LE": "le les",
    "NOS": "nos",
    "SE": "se",
    "NO": "no",
    "NEVER": "nunca tampoco",
    "SI": "si",
    "YA": "ya",
    "ES": "es son",
    "HAY": "hay ay habria habra abra haya",
    "HAVE": "tenes tienen tiene tenez tendrias tendrian tendran tendras tendra tendria tienes tene tnes",
    "REMAIN": "quedan queda quedara quedaria quedarian",
    "DENTRO": "dentro",
    "ACA": "aca",
    "ANTES": "antes",
    "HACE": "hace",
    "CORRECTION": (
        "mejor perdon disculpa digo corrijo corregi error equivoque confundi perdona disculpame perdoname "
        "disculpen disculpe perdone finalmente quise"
    ),
    "SINO": "sino",
    "ESTE": "este esta ste estes",
    "ESE": "ese esa",
    "PROXIMO": "proximo proxima prox proxim siguiente prximo",
    "OTRO": "otro otra",
    "VIENE": "viene entrante biene sigue",
    "PASADO": "pasado pasada",
    "ULTIMO": "ultimo ultima",
    "TODO": "todo toda",
    "ENTERO": "entero entera completo completa",
    "MAS": "mas",
    "ALGO": "algo",
    "ANY": "alguna algun algunas algunos",
    "ABOUT": "unos unas aproximadamente aprox",
    "SOLO": "solo sola solamente unicamente solito solita",
    "SOLOS": "solos solas solitos solitas",
    "AFTER": "despues posterior",
    "INITIAL": "l j v s",
    "MAR": "mar",
    # No grammar asks for these words; here, they count as none of another matter.
    "NEUTRAL": (
        "apartir temprano tempranito mismo hacia adelante alrededor posibilidad posibilidades tal estaria puntual "
        "alguien nadie temporada sea alrededores"
    ),
    "ALSO": "tambien tmb tb",
    "NOTHING": "nada",
    "THEIR": "su sus",
    "THEY": "ellos ellas",
    "AM": "estoy",
    "INSTEAD": "vez",
    # Another clause begins; voice notes have no commas.
    "BREAK": "porque porq xq pq pero aunque cuando mientras bueno",
    "VALID": "valida valido vigente vigencia validez",
    "WEATHER": "pronostico clima lluvia lluvias llueve llover nieva nevar frio calor tormenta",
}

TIME_WORDS: Final = {
    "HOY": "hoy oy",
    "AYER": "ayer anteayer antier anoche",
    "MANANA": "manana maniana mannana manaa mnn mnna mnana",
    "TARDE": "tarde tardecita",
    "NOCHE": "noche nche noxe nochecita",
    "NOCHES": "noches nochecitas nches noxes nochs",
    "MEDIODIA": "mediodia",
    "DIA": "dia",
    "DIAS": "dias",
    "SEMANA": "semana smana semna sem semanita",
    "SEMANAS": "semanas",
    "QUINCENA": "quincena quinsena qna",
    "MES": "mes",
    "MESES": "meses",
    "ANO": "ano anio",
    "ANOS": "anos anitos anios",
    "CORRIENTE": "corriente",
    "FIN": "fin",
    "FINES": "fines finales final",
    "FINDE": "finde finsemana findesemana findes fds",
    "LARGO": "largo xl xxl extralargo superlargo ultralargo larguisimo large",
    "PRINCIPIOS": "principios principio comienzos comienzo inicios inicio",
    "FIRST_ONES": "primeros",
    "LAST_ONES": "ultimos",
    "MEDIADOS": "mediados mitad",
    "HOUR": "hs hrs hr horas h am pm",
    "RO": "ro ero er do da ra era to ta",
    "CALENDAR_DATE": "fecha fechas",
    "FEASTS": "fiestas",
    "HALF": "media cuarto pico",
}

HOLIDAY_WORDS: Final = {
    "SANTA": "santa",
    "SANTO": "santo",
    "PASCUA": "pascua pascuas",
    "CARNAVAL": "carnaval carnavales",
    "NAVIDAD": "navidad navidades",
    "NOCHEBUENA": "nochebuena",
    "BUENA": "buena",
    "NUEVO": "nuevo",
    "REYES": "reyes",
    "FERIADO": "feriado feriados",
    "BRIDGE": "puente",
    "MOTHER": "madre",
    "FATHER": "padre",
    "CHILD": "ninez",
    "LOVERS": "enamorados valentin",
    "WORKER": "trabajador trabajo",
    "SAN": "san",
    "INDEPENDENCE": "independencia",
    "FLAG": "bandera",
    "SOVEREIGNTY": "soberania",
    "DIVERSITY": "raza diversidad",
    "MALVINAS": "malvinas",
    "VIRGIN": "virgen inmaculada",
}

NUMBER_WORDS: Final = {
    "UN": "un una",
    "UNO": "uno",
    "PAR": "par",
    "W12": "dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "W31": (
        "trece catorce quince dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres "
        "veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve treinta treintayuno"
    ),
    "PRIMERO": "primero primer primera",
    "NTH": "segundo segunda tercero tercera tercer cuarta",
}

SIGNS: Final = {
    "COMMA": ", ;",
    "DOT": ".",
    "COLON": ":",
    "DASH": "-",
    "SLASH": "/",
    "PLUS": "+",
    "ASK": "? !",
    "PAREN": "( )",
    "MONEY": "$ usd ars",
    "PERCENT": "%",
    "EQUALS": "=",
}

TRIP_WORDS: Final = {
    "COME": (
        "ing arribaremos arribare arribariamos ingresaremos ingresare llegare llego llegamos llegaria llegariamos "
        "llegando llegan llegar llegada llegaremos entro "
        "entrando ingreso ingresamos ingresando ingresar ingresariamos entraria arribamos arribo "
        "arribando checkin entrada empezando arrancando arrancamos ingresaria"
    ),
    "COME_IN": "entramos entrariamos entraremos",
    "GO_OUT": (
        "salgo salimos saliendo salida salir egreso egresamos checkout partida egr retiro retiramos saldriamos "
        "terminando egresando saldremos partiremos retiraremos retirare egresaremos egresare partimos partiendo "
        "yendonos yendome retirandonos retirandome irnos irme"
    ),
    "RETURN": (
        "volvemos vuelvo volviendo volveriamos regreso regresamos regresando volver vuelta volviendonos volvernos "
        "volverme regresaremos regresare volveremos retornamos"
    ),
    "WOULD_LEAVE": "saldria saldrian",
    "GO": "voy vamos iriamos iria ir yendo iremos concurriremos vayamos viajamos viajo viajariamos viajaria viajando",
    "CHECK": "check",
    "IN_WORD": "in",
    "OUT_WORD": "out",
}

PEOPLE_WORDS: Final = {
    "PERSONS": (
        "personas pax pers persona huespedes huesped pasajeros pasajero plazas personitas prsonas perosnas "
        "persnas integrantes ocupantes presonas peronas pasajeras"
    ),
    "GROWN": "adultos adulto mayores grandes adultas adulta adulots ad",
    "KID": (
        "nene nena bebe beba bebito bebita chico chica nino nina menor hijo hija hijito hijita peque criatura "
        "nietito nieto nieta guri gurisa chiquito chiquita sobrino sobrina infante adolescente"
    ),
    "KIDS": (
        "nenes nenas bebes bebas chicos chicas ninos ninas menores hijos hijas hijitos hijitas peques "
        "criaturas nietos nietas chiquitos chiquitas sobrinos sobrinas infantes adolescentes pibes mellizos "
        "gemelos mellizas gemelas mellis nenitos nenitas gurises gurisas guris men"
    ),
    "COUPLE": "pareja matrimonio parejita",
    "COUPLES": "parejas matrimonios",
    "FRIENDS": (
        "amigos amigas companeros companeras primos primas hermanos hermanas cunados tios mujeres hombres "
        "varones jovenes jubilados chicxs nueras yernos muchachos operarios estudiantes musicos motoqueros "
        "pescadores ciclistas empleados obreros tecnicos ingenieros profesores"
    ),
    "FAMILY": "familia flia fliar familiar grupo grupito contingente",
    "FAMILIES": "familias flias",
    "QUANTITY": "cant cantidad",
    "TIPO": "tipo",
    "SOMOS": "somos seriamos seremos samos somo sumos estariamos fueramos fuesemos",
    "WERE": "eramos iba iban ibamos",
    "BE": "ser siendo",
    "THEY_GO": "van vienen irian vendrian",
    "SERIA": "seria serian",
    "MY": "mi mis nuestro nuestra nuestros nuestras",
    "I": "yo",
    "WE": "nosotros nosotras",
    "KIN": (
        "senora mujer esposa esposo marido novia novio mama papa viejo vieja hermano hermana suegra suegro "
        "cunado cunada abuela abuelo amigo amiga prima primo tia tio companero companera prometida prometido "
        "sra polola pololo yerno nuera"
    ),
    "KIN2": "padres viejos suegros abuelos papas",
}

THING_WORDS: Final = {
    "OBJECT": (
        "mensajes audios dormitorios dormitorio habitaciones habitacion camas cama banos bano ambientes ambiente "
        "planta autos auto grados docena docenas pension "
        "cuotas cuota cuadras cuadra km kms kilometros metros mts m minutos min veces pagos unidades "
        "cocheras pisos plantas vehiculos camioneta camionetas carpas carpa estrellas comidas desayunos "
        "opciones opcion kg kilos litros comprobantes segundos plazos camitas "
        "cunas colchones llaves turnos"
    ),
    "GEAR": (
        "bici bicis bicicleta bicicletas kayak kayaks mesa mesas silla sillas reposera reposeras bote botes moto motos"
    ),
    "PET": (
        "perros perro perrito perrita perritos mascotas mascota gatos gato perra perras gata animales animal caniche"
    ),
    "LODGING": (
        "cabana cabanas cabania cabanias cabanita kabana departamento departamentos depto deptos bungalow "
        "bungalows casita casitas chalet casa casas alojamiento hospedaje domo domos estadia"
    ),
    "CASH": "mil lucas luca pesos peso dolares dolar palos palo millones millon mangos",
    "NUMBERED": (
        "ruta rn rp numero nro num lote manzana dpto codigo dni cuit cbu cel tel telefono celular whatsapp "
        "wsp wp interno legajo alias piso pin clave"
    ),
    "STREET": (
        "calle autopista autovia circunvalacion av avenida avda esquina plaza barrio pasaje boulevard bv bulevar pje "
        "peatonal diagonal calles parada "
        "aires escuela colonia localidad pueblo ciudad provincia municipio"
    ),
}

OTHER_BUSINESS_WORDS: Final = {
    "PAY": (
        "deposito deposite depositar depositamos depositado transfiero transferi transferir transferimos "
        "transferencia pago pague pagar pagamos pagado pagando sene cobro cobre cobramos cobrar abono abone "
        "abonar abonamos vence vencio vencieron vencimiento factura comprobante saldo acredita acredito"
    ),
    "TELL": (
        "aviso llamo escribo contesto mando respondo consulto pregunto avisamos llamamos escribimos avisaria hablo "
        "hablar hablando charlando vemos"
    ),
    "PROMISE": "pasaste mandaste enviaste paso giro gire envio envie traigo doy pasamos giramos enviamos",
    "CONFIRM": (
        "confirmo confirmamos confirmar confirmaria confirmame confirmas confirmarle confirmarles confirmarme "
        "confirmeme confirmenos confirmarlo confirmarla"
    ),
    "ANSWER": (
        "avisame contestame contesten respondeme respondan responder contestar decirme avisar decidir llamame "
        "llamar escribime definir confirmarte avisarte "
        "contestarte responderte pensarlo pensarla charlarlo consultarlo hablarlo decirte decidirme decidirnos "
        "resolver "
        "respuesta esperame espereme esperenme"
    ),
    "VISITED": (
        "estuve estuvimos fui fuimos vinimos estabamos anduvimos conocimos hospedamos hospede vinieron estuvieron "
        "visitamos veraneamos fue fueron hospedaron alojaron alojamos alojo estuvo hospedo"
    ),
    "PAST": (
        "escribi hable hablamos pregunte consulte llame mande compre compramos mandaron escribieron puse pusimos "
        "califique pude pudimos"
    ),
    "BORN": (
        "nacio naci nacido nacida nacimiento nacieron nac cumple cumpleanos cumplo cumplimos aniversario turno medico"
    ),
    "OPENING": "atienden atencion abren cierran atiende abierto oficina",
}

INTENT_WORDS: Final = {
    "FREE": (
        "disponibilidad disponible disponibles dispo disp disponibildad disponiblidad disponivilidad "
        "disponibilida disponivle desocupada desocupado desocupadas desocupa desocupan vacante vacantes disponilidad "
        "disponibilad diponibilidad dsponibilidad disponib libres lugarcito disponibilidades desocupados"
    ),
    "LIBRE": "libre",
    "AIR": "aire",
    "PLACE": "lugar lugares luga lgar lugr lugra lugarr lguar cupo cupos hueco huecos espacio espacios",
    "TAKEN": "ocupado ocupada ocupadas ocupados tomada",
    "OFFER": "descuento descuentos promo promos promocion promociones oferta ofertas",
    "TARIFF": (
        "precio precios tarifa tarifas costo costos presupuesto presupuestar presupuestame cotizacion cotizar "
        "cotizas cotizame cotizan cotice coticen cuesta cuestan costaria costarian presio presios precioo tarifario "
        "valor valores importe cobran cobras "
        "cobraria cobrarian valdria barato economico economica barata pesio cotisame cotisacion cuetsa"
    ),
    "WORTH": "vale valen",
    "HOW_MUCH": "cuanto cto cuant kuanto qanto cuato cunato cuantoo cuanta",
    "HOW_MANY": "cuantas cuantos",
    "SELLS": "sale salen saldra",
    "BOOK_IT": (
        "reservar reservame reservo reservanos reservarla reservarlo reserven reservarme resevar reserbar "
        "rservar alquilar alquilo alquilarla alquilarlo anoto anotame anotas anotanos anota anotar anoten "
        "apartame apartar apartala apartanos aparto guardame guardala guardar guardanos agendame agendar "
        "agendas agendanos bloqueame bloquear separame separar separala separanos separas contratar reservaria "
        "reservariamos reservarlas reserves reservando alquilaria alquilariamos "
        "reservarte reservala reservalo reservate prereservar anotarme anotarnos guardarme guardas "
        "reservarnos tomaria tomamos reservas reservamela guardamela bloqueala anotala reservarias"
    ),
    "PLEDGE": "senar senarla seno senamos senemos senariamos",
    "BOOKING": "reserva reserba reseva reservacion resreva booking prereserva",
    "TAKE": "tomo agarro agarramos reservamos alquilamos",
    "KEEP": "quedo quedamos",
    "LEAVE_ME": "dejame dejanos dame danos bancame bancanos aguantame aguantanos banquen aguanten",
    "RESERVED": "reservada reservado reservadas anotado anotada anotados anotadas",
    "MAKE": (
        "hacer haceme hago hacemos hagamos generar tomar tome tomen tomeme tomenos haga hagan hagame haganos efectuar "
        "proceda concretar registrar registre registren"
    ),
    "OWN": "tengo tenemos tenia teniamos hice hicimos",
    "CHANGE": "cambiar modificar mover reprogramar pasar correr",
    "CELEBRATE": (
        "festejarlo festejarla celebrarlo celebrarla festejar celebrar festejamos celebramos festejando celebrando"
    ),
    "CHANGE_IT": "cambiarlo cambiarla pasarlo pasarla moverlo moverla correrlo correrla reprogramarlo reprogramarla",
    "TOTAL": "total",
    "INFO": "info informacion detalles datos",
    "WANT": (
        "quiero queremos quisiera quisieramos queria queriamos kiero necesito necesitamos busco buscamos buscando"
    ),
    "DEPOSIT": "sena senia",
    "CANCEL": (
        "cancelar cancelo cancela cancelen cancelarla cancelamos cancelame canselar cancele cancelada "
        "cancelacion cancelaciones anular anulo anula anulen anularla anulame anulacion suspender suspendo "
        "suspendemos canelar cacelar cancelala anulala cancelarlo anulamos cancelaria canselo cancelado "
        "cancelando desistir desisto cancelr kancelar cancelemos suspenderla suspende canselacion"
    ),
    "BAJA": "baja efecto",
    "POWER": "puedo podemos podre podremos podria podriamos poder",
    "SUIT": "sirve conviene sirven",
    "GREETING": ("hola buenas buenos hello holis ola holaa holaaa holaaaa hi saludos bnas buenass wenas holas alo"),
    "GOOD": "buen",
    "WISH": "feliz felices lindo linda excelente hermoso hermosa",
    "VENUE": "club hospital terminal estacion estadio hotel",
    "DOCUMENT": "nota airbnb mensaje mail correo instagram publicacion historia audio diario posteo",
    "HOME": "vivo vivimos soy",
    "SERVICE": (
        "wifi internet pileta piscina parrilla parrillas asador quincho cochera estacionamiento estacionar "
        "garage garaje ropa sabanas toallas toalla toallones calefaccion estufa jacuzzi hidromasaje yacuzzi "
        "tv tele television netflix mucama limpieza servicio servicios incluye incluyen incluido incluida "
        "incluidos incluidas amenities comodidades cable cocina heladera microondas vajilla utensilios "
        "acondicionado ventilador cuna practicuna secador lavarropas ubicacion ubicados ubicada ubicado "
        "ubicadas direccion mapa aceptan acepta aceptas permiten permite admiten admite lejos distancia "
        "recepcion desayuno desayunar desayunan video videos accesible accesibilidad fumar "
        "cena cenas almuerzo "
        "proveeduria kiosco almacen horno cafetera senal patio balcon deck fogon hogar salamandra sauna "
        "gimnasio actividades excursiones juegos metegol caracteristicas instalaciones jardin terraza blanca "
        "climatizada playroom asado hamaca horario horarios guardan equipada equipadas foto wi "
        "apta apto fogata fuego ruido rampa rampas escalera escaleras escalon escalones ascensor muelle merendero "
        "capacidad shampoo lena cunita fotos frazadas politica politicas condiciones"
    ),
    "MEANS": "medios formas tarjeta tarjetas efectivo mercadopago",
    "WHERE": "donde adonde dnd",
    "REACHES": "llega",
    "PAYS": "paga pagan",
    "SAME": "igual menos",
    "FIT": "entran caben cabe duermen entra",
    "CLOCK_TIME": "hora",
    "MAY": "pueden puede podes",
    "BRING": "llevar traer",
    # "Están en ..." asks for a place.
    "STAND": "estan",
    "MISSING": "falta faltan faltaria faltarian",
    "RESERVE": "reserve",
    # The last three, because their signs are the only ones that make a tape wider.
    "NEAR": "cerca cercania cerquita",
    "REFUND": "devolucion devuelven reembolso reintegro devolverian devolver reintegran",
    "CODE": "alert script select drop table insert delete from eval",
}

# Verbs that are written in many forms; an ending that makes another known word of the stem is left to that word.
VERB_STEMS: Final = {
    "BOOK_IT": "reserv anot agend bloque apart separ guard alquil",
    "CANCEL": "cancel anul",
}
VERB_ENDINGS: Final = (
    "ar arla arlo arlas arlos arme arnos armela armelo arnosla arnoslo arte artela artelo ame anos amela amelo anosla "
    "anoslo ala alo ela elo eme emela emelo enos enosla enoslo ate atela atelo enme ennos enmela enmelo ando andola "
    "andolo andome andonos andomela emos aria ariamos arian es"
)

MONTHS: Final = (
    "enero ene",
    "febrero feb frebrero febero",
    "marzo mzo",
    "abril abr",
    "mayo may",
    "junio jun",
    "julio jul",
    "agosto ago agos",
    "septiembre setiembre sep sept set setienbre",
    "octubre oct",
    "noviembre nov",
    "diciembre dic dbre",
)
WEEKDAYS: Final = (
    "lunes lun",
    "martes",
    "miercoles mie mier mierc miercole",
    "jueves jue juev",
    "viernes vie vier viern",
    "sabado sab sabadito",
    "domingo dom dgo",
)

# Words that a slip of a month's or a weekday's name would otherwise claim.
NOT_SLIPS: Final = (
    "abri mazo maro mayor junto jugo jueces martas lune une jueve vienes viene nero ener mares marte arte "
    "febre juno unio ulio mao ayo sado abado gusto agosta domino mates lues lumes"
)

# Values of words that do not stand in a row of numbers.
VALUES: Final = (
    (1, "un una uno primero primer primera"),
    (2, "par segundo segunda mellizos mellizas gemelos gemelas mellis"),
    (3, "tercero tercera tercer"),
    (4, "cuarta"),
    (-1, "ultimo ultima"),
    (0, "l"),
    (12, "fiestas"),
    (1, "mar"),
    (3, "j"),
    (4, "v"),
    (5, "s"),
)

GROUPS: Final = (
    SMALL_WORDS,
    TIME_WORDS,
    HOLIDAY_WORDS,
    NUMBER_WORDS,
    SIGNS,
    TRIP_WORDS,
    PEOPLE_WORDS,
    THING_WORDS,
    OTHER_BUSINESS_WORDS,
    INTENT_WORDS,
)
