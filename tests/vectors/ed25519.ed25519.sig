_`>BÉ÷Aé>sv¯†25üi™N()^!ök¿øžPGPbP8T
,÷Öeå³Ù^dÎ>Z5bJ[