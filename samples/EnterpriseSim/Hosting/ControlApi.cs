using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Steward.EnterpriseSim.Hosting;

/// <summary>The simulator's own API on each server under <c>/__sim/</c>: recorded calls, faults, mail. Guarded by the control token.</summary>
internal sealed class ControlApi(SimulatedSystem system, SimWorld world)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow };
    private readonly byte[] expected = SHA256.HashData(Encoding.UTF8.GetBytes(world.Options.Credentials.ControlToken));

    public void Map(WebApplication app)
    {
        var control = app.MapGroup("/__sim").AddEndpointFilter(async (context, next) =>
            Allowed(context.HttpContext) ? await next(context) : Results.Json(new { error = "The header X-Sim-Token must hold the control token." }, statusCode: 401));
        control.MapGet("/calls", (long? after) => Results.Json(
            new { calls = world.Calls.Snapshot().Where(c => c.System == system.System && c.Sequence > (after ?? 0)) }, Json));
        control.MapDelete("/calls", () =>
        {
            world.Calls.Clear();
            return Results.NoContent();
        });
        control.MapGet("/faults", () => Results.Json(new { faults = world.Faults.Snapshot().Where(f => f.System is null || f.System == system.System) }, Json));
        control.MapDelete("/faults", () =>
        {
            world.Faults.Clear(system.System);
            return Results.NoContent();
        });
        control.MapPost("/faults", (Delegate)PlanFaultAsync);
        if (system is IHasMail mailing)
        {
            control.MapGet("/mail", () => Results.Json(new { mail = mailing.Mail() }, Json));
        }
    }

    private async Task<IResult> PlanFaultAsync(HttpContext http)
    {
        try
        {
            var fault = await JsonSerializer.DeserializeAsync<SimFault>(http.Request.Body, Json, http.RequestAborted)
                ?? throw new JsonException("The body is empty.");
            world.Faults.Add(fault with { System = system.System });
            return Results.StatusCode(201);
        }
        catch (Exception e) when (e is JsonException or ArgumentOutOfRangeException)
        {
            return Results.Json(new { error = e.Message }, statusCode: 400);
        }
    }

    private bool Allowed(HttpContext http) => CryptographicOperations.FixedTimeEquals(
        SHA256.HashData(Encoding.UTF8.GetBytes(http.Request.Headers["X-Sim-Token"].ToString())), expected);
}

/// <summary>A system that sends mail to people.</summary>
internal interface IHasMail
{
    IReadOnlyList<SentMail> Mail();
}
