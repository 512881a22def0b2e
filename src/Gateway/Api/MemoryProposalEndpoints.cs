using System.Globalization;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Memory;

namespace Steward.Gateway.Api;

/// <summary>What the memory proposes to the caller, and what the requests of many people show to the tenant's admins. Deciding does nothing in other systems.</summary>
internal static class MemoryProposalEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/memory/proposals", (Delegate)ListAsync)
            .WithName("listMemoryProposals")
            .WithTags("Memory")
            .WithSummary("List proposals")
            .WithDescription("What consolidating has found worth asking the caller about: requests that come again and again, where the caller has patterns kept, and what was left open for a day. What was decided stays for 90 days. Nothing is done by itself.")
            .Produces<MemoryProposalListResource>()
            .WithProblems(401, 403, 409, 429, 503);
        MapDecision(v1, "accept", "Accepting a repeated request keeps it as a learnt pattern; accepting an open matter marks it. Neither acts in other systems. Idempotent.");
        MapDecision(v1, "dismiss", "The same is not proposed again. Idempotent.");
        v1.MapGet("/memory/patterns", (Delegate)ListPatternsAsync)
            .WithName("listMemoryPatterns")
            .WithTags("Memory")
            .WithSummary("List what many people ask for")
            .WithDescription("For admins. Numbers of people and requests by playbook or operation, of those who have switched sharing on, and only where at least five people (Steward:Memory:LeastPeople) ask for the same.")
            .Produces<TenantPatternListResource>()
            .WithProblems(401, 403, 429, 503);
        MapPatternDecision(v1, "accept");
        MapPatternDecision(v1, "dismiss");
        v1.MapPost("/memory/key/rotate", (Delegate)RotateKeyAsync)
            .WithName("rotateMemoryKey")
            .WithTags("Memory")
            .WithSummary("Make a new data key")
            .WithDescription("For admins. Everything is sealed with a new key from here on. A quarter of an hour later all memories are sealed anew with it, and the earlier keys are removed when nothing is left under them. Each call makes a key.")
            .Produces<MemoryKeyRotated>()
            .WithProblems(401, 403, 429, 503);
    }

    private static void MapDecision(RouteGroupBuilder v1, string decision, string description) =>
        v1.MapPost($"/memory/proposals/{{proposalId}}/{decision}", (HttpContext context, string proposalId) => DecideAsync(context, proposalId, decision == "accept"))
            .WithName($"{decision}MemoryProposal")
            .WithTags("Memory")
            .WithSummary(decision == "accept" ? "Accept a proposal" : "Dismiss a proposal")
            .WithDescription(description)
            .Produces<MemoryProposal>()
            .WithProblems(400, 401, 403, 404, 409, 429, 503);

    private static void MapPatternDecision(RouteGroupBuilder v1, string decision) =>
        v1.MapPost($"/memory/patterns/{{patternId}}/{decision}", (HttpContext context, string patternId) => DecidePatternAsync(context, patternId, decision == "accept"))
            .WithName($"{decision}MemoryPattern")
            .WithTags("Memory")
            .WithSummary(decision == "accept" ? "Accept what many people ask for" : "Dismiss what many people ask for")
            .WithDescription("For admins. It only marks the pattern; a later decision takes the place of an earlier one. Idempotent.")
            .Produces<TenantPattern>()
            .WithProblems(401, 403, 404, 429, 503);

    private static async Task RotateKeyAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.RotateKeyAsync(context.RequestAborted), MemoryWireJson.Default.MemoryKeyRotated);

    private static async Task ListAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context,
        StatusCodes.Status200OK,
        new MemoryProposalListResource { Proposals = await Caller.Of(context).Client.Memory.ListProposalsAsync(context.RequestAborted) },
        MemoryWireJson.Default.MemoryProposalListResource);

    private static async Task DecideAsync(HttpContext context, string proposalId, bool isAccepted)
    {
        var id = long.TryParse(proposalId, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : throw StewardException.Invalid("proposalId", "must be the id of a proposal, from 1.");
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.DecideProposalAsync(id, isAccepted, context.RequestAborted), MemoryWireJson.Default.MemoryProposal);
    }

    private static async Task ListPatternsAsync(HttpContext context) => await JsonAnswer.WriteAsync(
        context,
        StatusCodes.Status200OK,
        new TenantPatternListResource { Patterns = await Caller.Of(context).Client.Memory.ListTenantPatternsAsync(context.RequestAborted) },
        MemoryWireJson.Default.TenantPatternListResource);

    private static async Task DecidePatternAsync(HttpContext context, string patternId, bool isAccepted) => await JsonAnswer.WriteAsync(
        context, StatusCodes.Status200OK, await Caller.Of(context).Client.Memory.DecideTenantPatternAsync(patternId, isAccepted, context.RequestAborted), MemoryWireJson.Default.TenantPattern);
}
