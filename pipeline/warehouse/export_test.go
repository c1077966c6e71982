package warehouse

var Repeatable = repeatable
