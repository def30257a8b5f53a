/**
 * German things that can be seen or drawn.
 *
 * One entry is "word plural class form". Plural: "=" is the same as the singular, "-" is a mass noun
 * without one. Class: m, f, n, or w (masculine of the weak declension: der Bär, den Bären); a following
 * "p" marks a person, a following "k" a word that no hand mishears and no hand puts in.
 * Form: elementary forms by letter (see form-letters.ts), "+" joins, "@" gives the colour it has by nature.
 */
export const GERMAN_NOUNS = `
Katze Katzen f c+2t, Hund Hunde m o+4i, Maus Mäuse f o+2c+w, Vogel Vögel m h+2t, Fisch Fische m o+t, Pferd Pferde n r+4i
Kuh Kühe f r+4i, Schaf Schafe n 3c+4i, Ziege Ziegen f r+2t, Huhn Hühner n h+t, Hahn Hähne m h+3t, Ente Enten f h+t, Gans Gänse f o+b
Schwan Schwäne m h+b@w, Eule Eulen f o+2c, Möwe Möwen f 2b@w, Taube Tauben f h+2b, Rabe Raben w h+t@k, Specht Spechte m o+t
Bär Bären w 3c, Löwe Löwen w c+e, Tiger = m o+6y, Affe Affen w 3c, Elefant Elefanten w o+b+4r@a, Hase Hasen w c+2o, Igel = m h+9y
Fuchs Füchse m 3t@o, Dachs Dachse m o+2j, Wolf Wölfe m 3t@a, Hirsch Hirsche m o+2z, Reh Rehe n o+4i, Esel = m r+2t+4i, Kamel Kamele n 2h+4i
Wal Wale m o+b@b, Aal Aale m w, Hai Haie m o+t@a, Krebs Krebse m o+6y, Robbe Robben f o+t, Otter = m o+w, Frosch Frösche m h+2c@g
Kröte Kröten f h+2p, Schnecke Schnecken f s+j, Schlange Schlangen f w, Wurm Würmer m w, Biene Bienen f o+3j@y, Hummel Hummeln f c+3j, Käfer = m h+6l
Fliege Fliegen f p+2o, Mücke Mücken f p+6l, Motte Motten f 2t, Spinne Spinnen f c+8l, Grille Grillen f o+2z, Falter = m 2t+i, Schmetterling Schmetterlinge m 4h+i
Ameise Ameisen f 3p+6l, Pinguin Pinguine m o+2t, Papagei Papageien m h+t, Pony Ponys n r+4i, Kalb Kälber n r+4i, Lamm Lämmer n 2c+4i, Küken = n c+t@y
Opa Opas mp c+r, Oma Omas fp c+r, Mutter Mütter fp c+r, Vater Väter mp c+r, Bruder Brüder mp c+i, Schwester Schwestern fp c+i, Kind Kinder np c+i
Mann Männer mp c+r, Frau Frauen fp c+r, Mädchen = np c+i, Junge Jungen wp c+i, Freund Freunde mp c+r, Freundin Freundinnen fp c+r, Tante Tanten fp c+r
Onkel = mp c+r, Großmutter Großmütter fp c+r, Großvater Großväter mp c+r, Mama Mamas fp c+r, Papa Papas mp c+r, Lehrer = mp c+r, Lehrerin Lehrerinnen fp c+r
Maler = mp c+r+y, Malerin Malerinnen fp c+r+y, Bäcker = mp c+r, Bäckerin Bäckerinnen fp c+r, König Könige mp c+k+z, Königin Königinnen fp c+k+z
Ritter = mp c+r+y, Pirat Piraten wp c+r+y, Clown Clowns mp 3c, Zauberer = mp c+t, Tänzerin Tänzerinnen fp c+2b, Sängerin Sängerinnen fp c+b, Koch Köche mp c+r
Mensch Menschen wk c+i, Baby Babys nk c+o, Familie Familien fk 3c+3r
Baum Bäume m c+i@g, Busch Büsche m 3h@g, Blume Blumen f c+i, Rose Rosen f s+i@r, Tulpe Tulpen f h+i, Blatt Blätter n o+l@g, Ast Äste m y, Zweig Zweige m 2y
Wurzel Wurzeln f 3w, Pilz Pilze m h+r, Gras Gräser n 7i@g, Wiese Wiesen f a@g, Wald Wälder m 5t@g, Feld Felder n r, Garten Gärten m g, Park Parks m g@g, Kaktus Kakteen m o+6l@g
Tanne Tannen f 3t+i@g, Palme Palmen f i+5b, Moos Moose n a@g, Apfel Äpfel m c+l@r, Birne Birnen f c+t@y, Kirsche Kirschen f c+b@r, Pflaume Pflaumen f o@v
Orange Orangen f c@o, Zitrone Zitronen f o@y, Banane Bananen f b@y, Traube Trauben f 6c@v, Beere Beeren f c, Nuss Nüsse f c@n, Melone Melonen f h@g, Tomate Tomaten f c@r
Gurke Gurken f o@g, Karotte Karotten f t@o, Kürbis Kürbisse m c+3b@o, Kartoffel Kartoffeln f o@n, Kohl - m c@g, Brot Brote n h@n, Brötchen = n h
Kuchen = m r+h, Torte Torten f 3r, Keks Kekse m c@n, Brezel Brezeln f 3n@n, Waffel Waffeln f g, Nudel Nudeln f w@y, Suppe Suppen f h, Käse - m t+3c@y, Butter - f r@y
Honig - m 6d@y, Zucker - m 9q@w, Salz - n 9p@w, Milch - f r@w, Tee - m k+b, Kaffee - m k+w@n, Saft - m k, Eis - n h+t, Ei Eier n o@w, Pfanne Pfannen f c+j
Haus Häuser n q+t, Dach Dächer n t, Wand Wände f r, Mauer Mauern f g, Tür Türen f r+p, Tor Tore n h+2r, Fenster = n q+x, Treppe Treppen f z, Stufe Stufen f r, Boden Böden m j
Zimmer = n q, Küche Küchen f q+2c, Keller = m r, Turm Türme m r+t, Burg Burgen f 2r+z, Schloss Schlösser n 3r+3t, Hütte Hütten f q+t, Zelt Zelte n t, Brücke Brücken f b+j
Stadt Städte f 7r, Dorf Dörfer n 3q+3t, Straße Straßen f 2j, Weg Wege m w, Pfad Pfade m w, Platz Plätze m q, Zaun Zäune m 7i, Schule Schulen f r+6q, Laden Läden m r+q
Kirche Kirchen fk q+t+x, Moschee Moscheen fk h+2i, Synagoge Synagogen fk q+h, Tempel = mk r+5i, Leuchtturm Leuchttürme m k+t, Bahnhof Bahnhöfe m h+3j, Hafen Häfen m 3i+j, Fabrik Fabriken f r+z
Tisch Tische m j+4i, Stuhl Stühle m q+4i, Bank Bänke f j+2i, Bett Betten n r+2i, Schrank Schränke m r+i, Regal Regale n r+4j, Lampe Lampen f t+i, Kerze Kerzen f r+t
Spiegel = m n, Teppich Teppiche m r+z, Kissen = n q, Decke Decken f r, Kiste Kisten f q, Koffer = m r+b, Korb Körbe m k+b, Eimer = m k+b, Topf Töpfe m r+2p, Tasse Tassen f k+b
Teller = m n, Löffel = m o+l, Gabel Gabeln f 4i+l, Flasche Flaschen f r+k, Glas Gläser n k, Kanne Kannen f k+b, Dose Dosen f r+2o, Schüssel Schüsseln f h, Schlüssel = m n+z
Uhr Uhren f c+2l, Buch Bücher n 2r, Heft Hefte n r+5j, Brief Briefe m r+t, Zeitung Zeitungen f r+9j, Stift Stifte m r+t, Pinsel = m l+t, Schere Scheren f 2n+x, Leiter Leitern f 2i+5j
Hammer Hämmer m r+l, Nagel Nägel m l+p, Säge Sägen f r+z, Schraube Schrauben f s+l, Faden Fäden m w, Nadel Nadeln f l+p, Knopf Knöpfe m c+4p, Band Bänder n w, Seil Seile n w
Ball Bälle m c, Puppe Puppen f c+t, Drachen = m d+w, Würfel = m q+6p, Kreisel = m t+s, Trommel Trommeln f r+2o, Flöte Flöten f r+6p, Geige Geigen f 2o+4l, Trompete Trompeten f j+t
Klavier Klaviere n r+7i, Gitarre Gitarren f 2c+r, Glocke Glocken f h+p, Krone Kronen f r+z@y, Ring Ringe m n, Perle Perlen f c@w, Hut Hüte m h+j, Mütze Mützen f h+c, Mantel Mäntel m k
Schuh Schuhe m h+r, Socke Socken f r+h, Stiefel = m 2r, Hose Hosen f 2r, Hemd Hemden n q+2r, Kleid Kleider n k, Rock Röcke m k, Schal Schale m w, Handschuh Handschuhe m q+5o, Brille Brillen f 2n+j
Tasche Taschen f r+b, Rucksack Rucksäcke m r+2b, Schirm Schirme m h+i, Fahne Fahnen f i+r, Kamera Kameras f r+c, Telefon Telefone n r+9p, Radio Radios n r+2c, Roboter = m 2q+4r, Rad Räder n n+6l
Fahrrad Fahrräder n 2n+3l, Auto Autos n r+2c, Bus Busse m r+4c, Zug Züge m 4r+8c, Wagen = m r+4c, Traktor Traktoren m q+2c, Roller = m j+2c+i, Boot Boote n h+i+t, Schiff Schiffe n k+2r
Segel = n t, Anker = m n+b+i, Rakete Raketen f r+t, Flugzeug Flugzeuge n o+2t, Ballon Ballons m c+q, Motor Motoren m r+2n, Schlitten = m 2j+2b, Kran Kräne m i+j+y
Sonne Sonnen f c@y, Mond Monde m b@y, Stern Sterne m e@y, Himmel = m a@b, Wolke Wolken f 3h@w, Regen - m 7y@b, Schnee - m 9p@w, Nebel = m 4j@a, Wind Winde m 3w, Sturm Stürme m s
Blitz Blitze m z@y, Donner - m 3z, Regenbogen Regenbögen m 7b, Meer Meere n 3w@b, See Seen m o@b, Fluss Flüsse m 2w@b, Bach Bäche m w@b, Welle Wellen f w@b, Wasser - n a@b, Strand Strände m a@y
Insel Inseln f h, Berg Berge m t, Hügel = m h@g, Tal Täler n h, Höhle Höhlen f h@k, Fels Felsen m k@a, Stein Steine m o@a, Sand - m 9p@y, Feuer = n 3t@o, Flamme Flammen f t@o, Rauch - m s@a, Asche - f a@a
Erde - f c@n, Welt Welten f c, Quelle Quellen f 3b@b, Wüste Wüsten f a@y, Schatten = m a@k, Licht Lichter n 7l@y, Muschel Muscheln f h+5l, Feder Federn f o+l, Nest Nester n h, Netz Netze n g
Kopf Köpfe m c, Gesicht Gesichter n c+2p+b, Auge Augen n o+c, Nase Nasen f t, Ohr Ohren n h, Mund Münder m b@r, Hand Hände f q+5l, Fuß Füße m h+r, Arm Arme m r, Bein Beine n r, Bart Bärte m t, Haar Haare n 7w, Herz Herzen n 2c+t@r
Flügel = m t, Horn Hörner n b, Tatze Tatzen f c+4p, Pfote Pfoten f c+4p, Bild Bilder n r, Foto Fotos n r, Karte Karten f r, Papier Papiere n r@w, Kugel Kugeln f c, Kette Ketten f 7n, Tüte Tüten f k, Wanne Wannen f h, Rahmen = m 2r, Bogen Bögen m b, Loch Löcher n c@k, Kasten Kästen m q, Brett Bretter n r, Besen = m l+t, Degen = m l+b, Stock Stöcke m l, Sack Säcke m o, Pool Pools m o@b, Zoo Zoos m g, Zirkus Zirkusse m t+5i, Markt Märkte m 4q, Spiel Spiele n g, Hof Höfe m q, Riese Riesen w c+2r, Giraffe Giraffen f o+5i@y, Zebra Zebras n o+6i+2j, Schildkröte Schildkröten f h+4p@g, Dinosaurier = m o+4t+w@g, Krokodil Krokodile n r+9t@g, Schwein Schweine n o+2p, Astronaut Astronauten wp 2c+r, Astronautin Astronautinnen fp 2c+r, Computer = m 2r+g, Drohne Drohnen f q+4c, Schaukel Schaukeln f 2i+j, Rutsche Rutschen f y+i, Kastanie Kastanien f c@n, Laterne Laternen f k+i@y, Drache Drachen w w+5t, Zwerg Zwerge mk c+t, Hexe Hexen fk c+t, Fee Feen f c+2h, Geist Geister m h+w
`;
