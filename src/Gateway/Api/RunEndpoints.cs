using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Gateway.Streaming;

namespace Steward.Gateway.Api;

/// <summary>The work on messages.</summary>
internal static class RunEndpoints
{
    private const string LastEventId = "Last-Event-ID";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/runs/{runId}", (Delegate)GetAsync)
            .WithName("getRun")
            .WithTags("Runs")
            .WithSummary("Read a run")
            .WithDescription("The state of a run and its answer so far.")
            .Produces<RunResource>()
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapGet("/runs/{runId}/events", (Delegate)WatchAsync)
            .WithName("watchRun")
            .WithTags("Runs")
            .WithSummary("Watch a run")
            .WithDescription(
                "Server-sent events: those after the given sequence number, then live ones, until run.ended. Each event has the sequence number as id, the type as event and "
                + "the JSON of a RunEventResource as data. After a break send the last id as Last-Event-ID (browsers do) or as after: nothing is lost or repeated. "
                + "Comments keep the connection alive. An event named problem (data: problem details) ends a stream that could not be continued. 204 when the run has ended and nothing is left.")
            .Produces<RunEventResource>(StatusCodes.Status200OK, EventStream.ContentType)
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapGet("/runs/{runId}/trace", (Delegate)TraceAsync)
            .WithName("getRunTrace")
            .WithTags("Runs")
            .WithSummary("Read the trace of a run")
            .WithDescription(
                "The execution tree as far as it has come: model calls, plans, steps, actions with their attempts, decisions, with times, tokens, cost and reasons; secrets are masked. "
                + "With prompts=true the messages that models were asked with are in it. Admins also see runs on the dead-letter list, without what went in and came out.")
            .Produces<RunTraceResource>()
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapPost("/runs/{runId}/cancel", (Delegate)CancelAsync)
            .WithName("cancelRun")
            .WithTags("Runs")
            .WithSummary("Stop a run")
            .WithDescription("Asks a run to stop; the wish is durable when this answers. What was done stays done, and the answer says so. Idempotent. The body may be left out.")
            .Accepts<CancelRunRequest>(isOptional: true, "application/json")
            .Produces<RunResource>(StatusCodes.Status202Accepted)
            .Produces<RunResource>()
            .WithProblems(400, 401, 404, 413, 415, 429, 503);
    }

    private static async Task GetAsync(HttpContext context, string runId)
    {
        var run = await Caller.Of(context).Client.GetRunAsync(runId, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, WireMapping.ToResource(run), StewardWireJson.Default.RunResource);
    }

    private static async Task TraceAsync(HttpContext context, string runId, [FromQuery] string? prompts)
    {
        var includePrompts = prompts switch
        {
            null or "" or "false" => false,
            "true" => true,
            _ => throw StewardException.Invalid("prompts", "must be true or false."),
        };
        var trace = await Caller.Of(context).Client.GetRunTraceAsync(runId, includePrompts, context.RequestAborted);
        await JsonAnswer.WriteRawAsync(context, StatusCodes.Status200OK, trace);
    }

    private static async Task WatchAsync(
        HttpContext context,
        string runId,
        [FromQuery] string? after,
        [FromHeader(Name = LastEventId)] string? lastEventId,
        EventStream stream,
        UserAdmission admission)
    {
        // A browser that reconnects repeats the address with its old "after" and adds the header, which is newer.
        var from = string.IsNullOrEmpty(lastEventId)
            ? QueryNumbers.Sequence(after, "after", whenAbsent: 0)
            : QueryNumbers.Sequence(lastEventId, LastEventId, whenAbsent: 0);
        var caller = Caller.Of(context);
        var run = await caller.Client.GetRunAsync(runId, context.RequestAborted);
        if (run.HasEnded && from >= run.LastSequence)
        {
            if (from > run.LastSequence)
            {
                throw StewardException.Invalid(string.IsNullOrEmpty(lastEventId) ? "after" : LastEventId, $"must not be beyond the run's last event, {run.LastSequence}.");
            }

            // Tells browsers not to connect again.
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        using var slot = admission.AdmitStream(caller.Identity);
        await stream.WriteAsync(context, cancellationToken => caller.Client.WatchOwnRunAsync(runId, from, cancellationToken));
    }

    private static async Task CancelAsync(HttpContext context, string runId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, StewardWireJson.Default.CancelRunRequest, options.Value.MaxBodyBytes, whenAbsent: new CancelRunRequest());
        var run = await Caller.Of(context).Client.CancelRunAsync(runId, body.Reason, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context,
            run.HasEnded ? StatusCodes.Status200OK : StatusCodes.Status202Accepted,
            WireMapping.ToResource(run),
            StewardWireJson.Default.RunResource);
    }
}
