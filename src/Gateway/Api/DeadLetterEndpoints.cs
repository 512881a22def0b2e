using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Gateway.Access;

namespace Steward.Gateway.Api;

/// <summary>Runs that failed for technical reasons, for administrators.</summary>
internal static class DeadLetterEndpoints
{
    private const int MaxPageSize = 200;
    private const int DefaultPageSize = 50;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/dead-letters", (Delegate)ListAsync)
            .WithName("listDeadLetters")
            .WithTags("Dead letters")
            .WithSummary("List dead letters")
            .WithDescription("The runs of the tenant that failed for technical reasons after their retries and that nobody has closed or replayed, oldest first. Admins only.")
            .Produces<DeadLetterPageResource>()
            .WithProblems(400, 401, 403, 429, 503);
        v1.MapGet("/dead-letters/{runId}", (Delegate)GetAsync)
            .WithName("getDeadLetter")
            .WithTags("Dead letters")
            .WithSummary("Read a dead letter")
            .WithDescription("Why the run failed and where. GET /v1/runs/{runId}/trace shows an admin what happened before, without what went in and came out. Admins only.")
            .Produces<DeadLetterResource>()
            .WithProblems(400, 401, 403, 404, 429, 503);
        v1.MapPost("/dead-letters/{runId}/replay", (Delegate)ReplayAsync)
            .WithName("replayDeadLetter")
            .WithTags("Dead letters")
            .WithSummary("Replay a dead letter")
            .WithDescription("Works the run on from its failed step; what was done stays done and is not done again. 409 when it is not on the list, or with another attempt. Admins only. The body may be left out.")
            .Accepts<ReplayRequest>(isOptional: true, "application/json")
            .Produces<RunResource>(StatusCodes.Status202Accepted)
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
        v1.MapPost("/dead-letters/{runId}/close", (Delegate)CloseAsync)
            .WithName("closeDeadLetter")
            .WithTags("Dead letters")
            .WithSummary("Close a dead letter")
            .WithDescription("Takes the run off the list for good. Idempotent. Admins only. The body may be left out.")
            .Accepts<CloseDeadLetterRequest>(isOptional: true, "application/json")
            .Produces<RunResource>()
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
    }

    private static async Task ListAsync(HttpContext context, [FromQuery] string? after, [FromQuery] string? limit)
    {
        var from = QueryNumbers.Sequence(after, "after", whenAbsent: 0);
        var count = QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize);
        var page = await Caller.Of(context).Client.ListDeadLettersAsync(from, count, context.RequestAborted);
        var resource = new DeadLetterPageResource { DeadLetters = [.. page.Letters.Select(DecisionMapping.ToResource)], NextAfter = page.NextAfterSequence, Depth = page.Depth };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, StewardWireJson.Default.DeadLetterPageResource);
    }

    private static async Task GetAsync(HttpContext context, string runId)
    {
        var letter = await Caller.Of(context).Client.GetDeadLetterAsync(runId, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, DecisionMapping.ToResource(letter), StewardWireJson.Default.DeadLetterResource);
    }

    private static async Task ReplayAsync(HttpContext context, string runId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, StewardWireJson.Default.ReplayRequest, options.Value.MaxBodyBytes, whenAbsent: new ReplayRequest());
        var run = await Caller.Of(context).Client.ReplayRunAsync(runId, body.Attempt, context.RequestAborted);
        context.Response.Headers.Location = $"/v1/runs/{run.RunId}";
        await JsonAnswer.WriteAsync(context, StatusCodes.Status202Accepted, WireMapping.ToResource(run), StewardWireJson.Default.RunResource);
    }

    private static async Task CloseAsync(HttpContext context, string runId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, StewardWireJson.Default.CloseDeadLetterRequest, options.Value.MaxBodyBytes, whenAbsent: new CloseDeadLetterRequest());
        var run = await Caller.Of(context).Client.CloseDeadLetterAsync(runId, body.Reason, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, WireMapping.ToResource(run), StewardWireJson.Default.RunResource);
    }
}
