using Steward.Silo;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddStewardSilo();
var app = builder.Build();
app.MapStewardSilo();
await app.RunAsync();
