/** Words for what can be seen beside things themselves: colours, materials, sizes, numbers, places. */
export const GERMAN_COLOURS =
  'rot blau gelb grün schwarz weiß grau braun orange lila rosa violett türkis golden silbern bunt hell dunkel beige pink purpurn ocker';
export const GERMAN_LOOKS =
  'hoch niedrig groß klein lang kurz breit schmal dick dünn rund eckig spitz flach steil schräg krumm gerade glatt rau leer voll offen alt neu jung winzig riesig tief schief dreieckig viereckig quadratisch kreisrund oval gestreift kariert gepunktet durchsichtig glänzend matt senkrecht waagerecht hölzern eisern gläsern steinern papieren ledern wollen seiden kupfern bleiern samten irden stählern';
export const GERMAN_MATERIALS =
  'Holz Stahl Eisen Metall Kupfer Silber Gold Blech Beton Ziegel Lehm Ton Leder Wolle Filz Seide Samt Stoff Leinen Gummi Kork Pappe Karton Plastik Kunststoff Marmor Gips Wachs Stroh Draht Porzellan Messing Zink Kreide Tinte Farbe Lack Bambus Granit Schiefer Kies Bernstein';
/** Things that are also materials, where "aus" or "of" stands before them. */
export const GERMAN_MATERIAL_THINGS = 'Stein Glas Papier Eis Schnee Sand Erde Gras Moos Brot Zucker Schokolade';
export const GERMAN_SHAPES =
  'Punkt m p,Linie f l,Fläche f a,Kreis m c,Quadrat n q,Rechteck n r,Dreieck n t,Oval n o,Halbkreis m h,Raute f d,Trapez n k,Spirale f s,Kreuz n x,Raster n g,Würfel m q,Kegel m t,Zylinder m r,Pyramide f t,Strich m l,Streifen m r,Ecke f 2l,Kante f l,Fleck m o,Form f a,Muster n g,Kurve f b,Diagonale f y';
export const GERMAN_PLACES =
  'in im ins an am ans auf aufs unter unterm über überm vor vorm hinter hinterm neben zwischen bei beim gegenüber durch durchs um entlang';
export const GERMAN_DIRECTIONS =
  'links rechts oben unten vorne hinten innen außen mitten draußen drinnen nebeneinander übereinander';
export const GERMAN_NUMBERS = 'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf';
export const GERMAN_UNSEEN =
  'Angst Freude Mut Glück Liebe Zeit Traum Träume Leben Tod Frieden Krieg Sehnsucht Idee Ideen Gedanke Gedanken Wort Worte Frage Fragen Antwort Grund Sinn Geschichte Geschichten Stunde Stunden Minute Minuten Tag Tage Nacht Nächte Abend Morgen Jahr Jahre Woche Monat Sommer Winter Frühling Herbst Ende Anfang Mal Art Weise Hoffnung Trauer Wut Ruhe Stille Lärm Klang Duft Geruch Geschmack Gefühl Gefühle Name Namen Sprache Kunst Musik Lied Lieder Kraft Macht Hunger Durst Recht Pflicht Wunsch Wünsche Zukunft Vergangenheit Gegenwart Gott Seele Verstand Wissen Arbeit Spaß Ferien Urlaub Reise Hilfe Sorge Sorgen Geduld Ordnung Chaos Meinung Problem Probleme Beispiel Demokratie Unterschied Fehler Ding Dinge Sache Sachen Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag Uhrzeit Hause';

export const ENGLISH_COLOURS =
  'red blue yellow green black white grey gray brown orange purple pink violet turquoise golden silver colourful colorful bright dark beige crimson scarlet ochre';
export const ENGLISH_LOOKS =
  'high low big small large little long short wide narrow thick thin round square pointed flat steep slanting crooked straight smooth rough empty full open old new young tiny huge giant tall deep triangular oval striped checked dotted transparent shiny matt vertical horizontal wooden ancient woollen leaden earthen glassy stony';
export const ENGLISH_MATERIALS =
  'wood steel iron metal copper silver gold tin concrete brick clay leather wool felt silk velvet cloth linen rubber cork cardboard plastic marble plaster wax straw wire china porcelain brass zinc chalk ink paint lacquer bamboo granite slate gravel amber paper glass';
export const ENGLISH_MATERIAL_THINGS = 'stone ice snow sand earth grass moss bread sugar chocolate';
export const ENGLISH_SHAPES =
  'point p,line l,plane a,circle c,square q,rectangle r,triangle t,oval o,semicircle h,diamond d,spiral s,cross x,grid g,cube q,cone t,cylinder r,pyramid t,stripe r,corner 2l,edge l,spot o,shape a,pattern g,curve b,diagonal y,dot p';
export const ENGLISH_PLACES =
  'in on at by under over above below beside behind between among through across along around near inside outside into onto upon against below beneath underneath';
export const ENGLISH_DIRECTIONS = 'left right upstairs downstairs above below outside inside';
export const ENGLISH_NUMBERS = 'zero one two three four five six seven eight nine ten eleven twelve';
/** Verbs that are no game for mishearing (irregular pasts, plain actions) but are no things either. */
export const ENGLISH_OTHER_VERBS =
  'breathe breathes draws draw build builds sat sang told said went came saw ate ran flew swam slept dreamt dreamed gave took made found lost built drew wrote spoke stood held kept left brought bought caught taught thought felt fell grew knew threw blew rose shone sits go goes going come comes coming get gets got put puts say says want wants like likes love loves look looks looking start starts begin begins seem seems become becomes blows blow becomes remember remembers forget forgets happen happens hear hears heard eat eats drinks sleeps hides steals steal beats beat learn learns ask asks answer answers help helps meet meets live lives need needs hope hopes wonder wonders dreams';
export const ENGLISH_UNSEEN =
  'fear joy courage luck love time dream dreams life death peace war longing idea ideas thought thoughts word words question questions answer reason sense story stories hour hours minute minutes day days night nights evening morning year years week month summer winter autumn end beginning way kind hope sorrow anger calm silence noise sound smell taste feeling feelings name names language art music song songs power hunger thirst right duty wish wishes future past present god soul mind knowledge work fun holiday holidays journey help worry worries patience order chaos opinion problem problems example democracy difference mistake thing things monday tuesday wednesday thursday friday saturday sunday lot lots bit home freedom truth';
