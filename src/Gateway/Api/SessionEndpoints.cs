using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Gateway.Problems;
using Steward.Gateway.Streaming;
using Steward.Sessions;

namespace Steward.Gateway.Api;

/// <summary>Conversations and messages.</summary>
internal static class SessionEndpoints
{
    private const int MaxPageSize = 200;
    private const int DefaultPageSize = 50;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/sessions", (Delegate)CreateAsync)
            .WithName("createSession")
            .WithTags("Sessions")
            .WithSummary("Open a session")
            .WithDescription("Opens a conversation. With an id it is idempotent: the id of an existing session of the caller returns that session. The body may be left out.")
            .Accepts<CreateSessionRequest>(isOptional: true, "application/json")
            .Produces<SessionResource>(StatusCodes.Status201Created)
            .WithProblems(400, 401, 413, 415, 429, 503);
        v1.MapGet("/sessions/{sessionId}", (Delegate)GetAsync)
            .WithName("getSession")
            .WithTags("Sessions")
            .WithSummary("Read a session and its transcript")
            .WithDescription("The session with one page of its transcript, in order. Follow transcript.nextAfter for the next page.")
            .Produces<SessionResource>()
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapPost("/sessions/{sessionId}/messages", (Delegate)SubmitAsync)
            .WithName("submitMessage")
            .WithTags("Sessions")
            .WithSummary("Hand in a message")
            .WithDescription(
                "Starts, or queues, the run that works the message off. A client that accepts text/event-stream gets the run's events until the run has ended; "
                + "others get 202 at once and follow the Location header. A client that goes away does not stop the run. "
                + "A message with an operation id that was seen before starts nothing: it returns the run from then.")
            .Accepts<SubmitMessageRequest>("application/json")
            .Produces<SubmittedResource>(StatusCodes.Status202Accepted)
            .Produces<RunEventResource>(StatusCodes.Status200OK, EventStream.ContentType)
            .WithProblems(400, 401, 403, 404, 409, 413, 415, 429, 503);
        v1.MapPost("/sessions/{sessionId}/fork", (Delegate)ForkAsync)
            .WithName("forkSession")
            .WithTags("Sessions")
            .WithSummary("Copy a session up to a message")
            .WithDescription(
                "Opens a new session with the conversation of this one up to and including a message; what runs have done is not undone or repeated. With an id for the copy it is "
                + "idempotent; 409 when a session with this id exists that is no such copy.")
            .Accepts<ForkSessionRequest>("application/json")
            .Produces<SessionResource>(StatusCodes.Status201Created)
            .WithProblems(400, 401, 404, 409, 413, 415, 429, 503);
    }

    private static async Task CreateAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, StewardWireJson.Default.CreateSessionRequest, options.Value.MaxBodyBytes, whenAbsent: new CreateSessionRequest());
        var session = await Caller.Of(context).Client.CreateSessionAsync(body.SessionId, body.Title, context.RequestAborted);
        context.Response.Headers.Location = $"/v1/sessions/{session.SessionId}";
        await JsonAnswer.WriteAsync(context, StatusCodes.Status201Created, WireMapping.ToResource(session), StewardWireJson.Default.SessionResource);
    }

    private static async Task GetAsync(HttpContext context, string sessionId, [FromQuery] string? after, [FromQuery] string? limit)
    {
        var from = QueryNumbers.Sequence(after, "after", whenAbsent: 0);
        var count = QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize);
        var client = Caller.Of(context).Client;
        var session = await client.GetSessionAsync(sessionId, context.RequestAborted);
        var page = await client.ReadTranscriptPageAsync(sessionId, from, count, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, WireMapping.ToResource(session, page), StewardWireJson.Default.SessionResource);
    }

    private static async Task SubmitAsync(
        HttpContext context,
        string sessionId,
        [FromHeader(Name = OperationIds.Header)] string? idempotencyKey,
        EventStream stream,
        UserAdmission admission,
        TenantBackpressure backpressure,
        IOptions<StewardGatewayOptions> options)
    {
        var caller = Caller.Of(context);
        var body = await RequestBody.ReadAsync(context, StewardWireJson.Default.SubmitMessageRequest, options.Value.MaxBodyBytes);
        var operationId = OperationIds.Of(body.OperationId, idempotencyKey);

        // Refused before the message is handed in: a refusal means that nothing has happened.
        if (backpressure.RetryAfter(caller.Identity.TenantId, body.Background == true) is { } pause)
        {
            await RefuseAsync(context, "Too many requests of your organisation wait to be worked on.", pause);
            return;
        }

        using var slot = AcceptedKinds.WantsEventStream(context.Request) ? admission.AdmitStream(caller.Identity) : null;
        var submitted = await caller.Client.SubmitAsync(sessionId, body.Text, operationId, body.Deadline, WireMapping.ToContract(body.DoubleTexting), WireMapping.ToOptions(body), watch: slot is not null, context.RequestAborted);
        if (submitted.Outcome == SubmitOutcome.Overloaded)
        {
            var wait = submitted.RetryAfter ?? TimeSpan.FromSeconds(1);
            backpressure.Refused(caller.Identity.TenantId, body.Background == true, wait);
            await RefuseAsync(context, submitted.Reason, wait);
            return;
        }

        if (submitted.Outcome == SubmitOutcome.Busy || submitted.RunId is not { } runId)
        {
            throw new StewardException(WireCodes.Busy, submitted.Reason ?? "The session works on another message.") { IsRetryable = true };
        }

        context.Response.Headers.Location = $"/v1/runs/{runId}";
        if (slot is not null)
        {
            await stream.WriteAsync(context, cancellationToken => caller.Client.WatchOwnRunAsync(runId, 0, cancellationToken), beginsWithFirst: true);
            return;
        }

        var resource = new SubmittedResource { Outcome = WireMapping.ToResource(submitted.Outcome), RunId = runId, OperationId = operationId, QueuePosition = submitted.QueuePosition };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status202Accepted, resource, StewardWireJson.Default.SubmittedResource);
    }

    private static async Task ForkAsync(HttpContext context, string sessionId, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, StewardWireJson.Default.ForkSessionRequest, options.Value.MaxBodyBytes);
        var session = await Caller.Of(context).Client.ForkSessionAsync(sessionId, body.ThroughSequence, body.SessionId, body.Title, context.RequestAborted);
        context.Response.Headers.Location = $"/v1/sessions/{session.SessionId}";
        await JsonAnswer.WriteAsync(context, StatusCodes.Status201Created, WireMapping.ToResource(session), StewardWireJson.Default.SessionResource);
    }

    // Written here and not thrown: these come in floods, and an exception costs more than the rest of the request.
    private static Task RefuseAsync(HttpContext context, string? reason, TimeSpan retryAfter) => ProblemWriter.WriteAsync(
        context,
        StatusCodes.Status429TooManyRequests,
        new StewardException(ErrorCodes.Overloaded, reason ?? "Too many requests wait to be worked on.") { IsRetryable = true, RetryAfter = retryAfter });
}
