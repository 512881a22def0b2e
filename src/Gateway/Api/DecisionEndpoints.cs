using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Gateway.Access;
using Steward.Runs;

namespace Steward.Gateway.Api;

/// <summary>What runs ask people to decide.</summary>
internal static class DecisionEndpoints
{
    /// <summary>Where decisions over this API are said to have been made.</summary>
    private const string Channel = "api";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/runs/{runId}/decisions", (Delegate)ListAsync)
            .WithName("listDecisions")
            .WithTags("Decisions")
            .WithSummary("List the decisions of a run")
            .WithDescription("What the run asked people to decide, oldest first, and what became of it. Whose run it is sees all; others see those that they may make.")
            .Produces<DecisionListResource>()
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapPost("/runs/{runId}/decisions/{requestId}", (Delegate)DecideAsync)
            .WithName("decide")
            .WithTags("Decisions")
            .WithSummary("Decide")
            .WithDescription(
                "Makes a decision that a run waits for, also in somebody else's run. Send back the subjectHash of what was shown. Exactly one decision counts, for ever: "
                + "409 when it was made before, has lapsed, or the subject is another one by now. It is durable when this answers, and the run goes on.")
            .Accepts<DecideRequest>("application/json")
            .Produces<RunResource>()
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
    }

    private static async Task ListAsync(HttpContext context, string runId)
    {
        var decisions = await Caller.Of(context).Client.GetDecisionsAsync(runId, context.RequestAborted);
        var resource = new DecisionListResource { Decisions = [.. decisions.Select(DecisionMapping.ToResource)] };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, StewardWireJson.Default.DecisionListResource);
    }

    private static async Task DecideAsync(HttpContext context, string runId, string requestId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, StewardWireJson.Default.DecideRequest, options.Value.MaxBodyBytes);
        var decision = new MakeDecision
        {
            RequestId = requestId,
            Decision = body.Decision,
            SubjectHash = body.SubjectHash,
            Comment = body.Comment,
            Content = body.Plan?.GetRawText(),
            Channel = Channel,
        };
        var run = await Caller.Of(context).Client.DecideAsync(runId, decision, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, WireMapping.ToResource(run), StewardWireJson.Default.RunResource);
    }
}
