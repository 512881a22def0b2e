using Steward.Gateway;

var builder = WebApplication.CreateBuilder(args);
if (!builder.TryAddClusterClient(out var problem))
{
    await Console.Error.WriteLineAsync(problem);
    return 1;
}

builder.AddStewardGateway();
var app = builder.Build();
app.MapStewardGateway();
await app.RunAsync();
return 0;
