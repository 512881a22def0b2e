using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Memory;

namespace Steward.Gateway.Api;

/// <summary>How the memories of a tenant's people are kept: for admins, who see numbers and never a memory.</summary>
internal static class MemoryKeepingEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/memory/retention", (Delegate)GetAsync)
            .WithName("getMemoryRetention")
            .WithTags("Memory")
            .WithSummary("Read the tenant's retention and its proof")
            .WithDescription("For admins and auditors. For how long memories of each kind may be kept, and what the last 60 passes through all memories did: how many people's memories they looked at, what they removed, and the oldest that they left.")
            .Produces<MemoryRetention>()
            .WithProblems(401, 403, 429, 503);
        v1.MapPut("/memory/retention", (Delegate)SetAsync)
            .WithName("setMemoryRetention")
            .WithTags("Memory")
            .WithSummary("Set the tenant's retention")
            .WithDescription("For admins. Kinds that are left out stay as they are; 0 takes a limit away. Where a person has one too, the shorter one holds. A pass begins at once. Idempotent.")
            .Accepts<SetMemoryRetentionRequest>("application/json")
            .Produces<MemoryRetention>()
            .WithProblems(400, 401, 403, 413, 415, 429, 503);
        v1.MapPost("/memory/retention/enforce", (Delegate)EnforceAsync)
            .WithName("enforceMemoryRetention")
            .WithTags("Memory")
            .WithSummary("Enforce the tenant's retention now")
            .WithDescription("For admins. Begins the pass that otherwise comes at night, unless one goes on. It also seals everything with the current key and removes earlier ones when nothing is left under them. Idempotent.")
            .Produces<MemoryRetention>(StatusCodes.Status202Accepted)
            .WithProblems(401, 403, 429, 503);
        v1.MapDelete("/memory/key", (Delegate)DestroyKeyAsync)
            .WithName("destroyMemoryKey")
            .WithTags("Memory")
            .WithSummary("Destroy the tenant's memories")
            .WithDescription(
                "For admins. Removes the tenant's data key: the memories of all its people are lost for good, also in copies of the database. "
                + "All vectors of its tickets and other collections are erased with it: they are found no more at once, and vectorsErasedAt says when they had left the database. confirm must be the tenant's id. Servers that have memories open give them up within five minutes, "
                + "and within ten where the vault cannot be asked. People begin anew a quarter of an hour later. Where it answers 503, ask again: it goes on with the same destruction.")
            .Produces<MemoryKeyDestroyed>()
            .WithProblems(400, 401, 403, 429, 503);
    }

    private static async Task GetAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.GetRetentionAsync(context.RequestAborted), MemoryWireJson.Default.MemoryRetention);

    private static async Task SetAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, MemoryWireJson.Default.SetMemoryRetentionRequest, options.Value.MaxBodyBytes);
        var command = new SetMemoryRetention
        {
            Kinds =
            [
                .. (body.Kinds ?? throw StewardException.Invalid("kinds", "must be given.")).Select(kind => new MemoryKindRetention
                {
                    Kind = kind?.Kind ?? throw StewardException.Invalid("kind", "must be given for each of kinds."),
                    RetentionDays = kind.RetentionDays ?? throw StewardException.Invalid("retentionDays", "must be given for each of kinds."),
                }),
            ],
        };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.SetRetentionAsync(command, context.RequestAborted), MemoryWireJson.Default.MemoryRetention);
    }

    private static async Task EnforceAsync(HttpContext context) =>
        await JsonAnswer.WriteAsync(context, StatusCodes.Status202Accepted, await Caller.Of(context).Client.Memory.EnforceRetentionAsync(context.RequestAborted), MemoryWireJson.Default.MemoryRetention);

    private static async Task DestroyKeyAsync(HttpContext context, [FromQuery] string? confirm) => await JsonAnswer.WriteAsync(
        context,
        StatusCodes.Status200OK,
        await Caller.Of(context).Client.Memory.DestroyKeyAsync(confirm ?? throw StewardException.Invalid("confirm", "must be the tenant's id."), context.RequestAborted),
        MemoryWireJson.Default.MemoryKeyDestroyed);
}
