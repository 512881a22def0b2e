using Steward.Engines.Orchestration;
using Steward.Silo;

var builder = WebApplication.CreateSlimBuilder(args);
builder.AddStewardSilo();
builder.Services.AddStewardOwnAddressWarning();
var app = builder.Build();
app.MapStewardSilo();
await app.RunAsync();
