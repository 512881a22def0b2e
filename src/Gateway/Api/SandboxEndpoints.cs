using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Gateway.Streaming;
using Steward.Sandbox;

namespace Steward.Gateway.Api;

/// <summary>Code of people, run in sandboxes.</summary>
internal static class SandboxEndpoints
{
    private const string LastEventId = "Last-Event-ID";

    // 8 MiB of files in base64, and the code.
    private const int MaxBodyBytes = 12 << 20;

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/sandbox/executions", (Delegate)StartAsync)
            .WithName("startExecution")
            .WithTags("Sandbox")
            .WithSummary("Run code")
            .WithDescription(
                "Runs Python, shell or one SQL statement in a sandbox, with the caller's rights and without network. Answers at once; the wish is durable then. Idempotent by operation id. Code that is refused, fails or "
                + "reaches a limit is an execution that has failed: its result says why and, where it is known, in which line.")
            .Accepts<StartExecutionRequest>("application/json")
            .Produces<ExecutionResource>(StatusCodes.Status202Accepted)
            .WithProblems(400, 401, 413, 415, 429, 503);
        v1.MapGet("/sandbox/executions/{executionId}", (Delegate)GetAsync)
            .WithName("getExecution")
            .WithTags("Sandbox")
            .WithSummary("Read an execution")
            .WithDescription("Its state and, once it has ended, its result. Everybody sees their own only.")
            .Produces<ExecutionResource>()
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapGet("/sandbox/executions/{executionId}/events", (Delegate)WatchAsync)
            .WithName("watchExecution")
            .WithTags("Sandbox")
            .WithSummary("Watch an execution")
            .WithDescription(
                "Server-sent events: those after the given sequence number, then live ones, until ended. Output comes as it is written. To resume send the last id as Last-Event-ID or as after; output from before the loss of "
                + "a server is not told again. Comments keep the connection alive. 204 when nothing is left.")
            .Produces<ExecutionEventResource>(contentType: EventStream.ContentType)
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapGet("/sandbox/executions/{executionId}/files/{file}", (Delegate)ReadFileAsync)
            .WithName("readExecutionFile")
            .WithTags("Sandbox")
            .WithSummary("Read a file of an execution")
            .WithDescription("The bytes of a chart or a file that the code left behind. Charts are image/png; everything else is a download.")
            .Produces(StatusCodes.Status200OK, contentType: "application/octet-stream")
            .WithProblems(400, 401, 404, 429, 503);
        v1.MapPost("/sandbox/executions/{executionId}/cancel", (Delegate)CancelAsync)
            .WithName("cancelExecution")
            .WithTags("Sandbox")
            .WithSummary("Stop an execution")
            .WithDescription("Everything that it started is killed; what was written until then stays. Idempotent.")
            .Produces<ExecutionResource>()
            .Produces<ExecutionResource>(StatusCodes.Status202Accepted)
            .WithProblems(400, 401, 404, 429, 503);
    }

    private static async Task StartAsync(HttpContext context, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, SandboxWireJson.Default.StartExecutionRequest, Math.Max(MaxBodyBytes, options.Value.MaxBodyBytes));
        if (body.Files.Any(file => file.Content is null == file.Text is null))
        {
            throw StewardException.Invalid("files", "must have either content or text each.");
        }

        var command = new StartSandboxExecution
        {
            Language = body.Language,
            Code = body.Code,
            Files = [.. body.Files.Select(file => new SandboxInputFile { Name = file.Name, Content = file.Content ?? Encoding.UTF8.GetBytes(file.Text!) })],
            IsBackground = body.Background,
        };
        var execution = await Caller.Of(context).Client.Sandbox.StartAsync(command, OperationIds.Of(body.OperationId, idempotencyKey), context.RequestAborted);
        context.Response.Headers.Location = $"/v1/sandbox/executions/{execution.Id}";
        await JsonAnswer.WriteAsync(context, StatusCodes.Status202Accepted, SandboxWireMapping.ToResource(execution), SandboxWireJson.Default.ExecutionResource);
    }

    private static async Task GetAsync(HttpContext context, string executionId)
    {
        var execution = await Caller.Of(context).Client.Sandbox.GetAsync(executionId, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, SandboxWireMapping.ToResource(execution), SandboxWireJson.Default.ExecutionResource);
    }

    private static async Task WatchAsync(
        HttpContext context,
        string executionId,
        [FromQuery] string? after,
        [FromHeader(Name = LastEventId)] string? lastEventId,
        EventStream stream,
        UserAdmission admission)
    {
        var from = string.IsNullOrEmpty(lastEventId) ? QueryNumbers.Sequence(after, "after", whenAbsent: 0) : QueryNumbers.Sequence(lastEventId, LastEventId, whenAbsent: 0);
        var caller = Caller.Of(context);
        var execution = await caller.Client.Sandbox.GetAsync(executionId, context.RequestAborted);
        if (execution.IsDestroyed && execution.LastSequence > 0 && from >= execution.LastSequence)
        {
            // Tells browsers not to connect again.
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return;
        }

        using var slot = admission.AdmitStream(caller.Identity);
        await stream.WriteAsync(context, cancellationToken => caller.Client.Sandbox.WatchAsync(executionId, from, cancellationToken), WriteEvent);
    }

    private static async Task ReadFileAsync(HttpContext context, string executionId, string file)
    {
        var sandbox = Caller.Of(context).Client.Sandbox;
        var execution = await sandbox.GetAsync(executionId, context.RequestAborted);
        var isChart = execution.Result?.Files.Any(known => known.Name == file && known.Kind == "chart") == true;
        var bytes = await sandbox.ReadFileAsync(executionId, file, context.RequestAborted);
        var response = context.Response;

        // The bytes come from hostile code: nothing of them is ever a page of this origin.
        response.ContentType = isChart ? "image/png" : "application/octet-stream";
        response.Headers.ContentDisposition = isChart ? "inline" : $"attachment; filename*=UTF-8''{Uri.EscapeDataString(file)}";
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        response.Headers.CacheControl = "private, max-age=3600";
        response.ContentLength = bytes.Length;
        await response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    private static async Task CancelAsync(HttpContext context, string executionId)
    {
        var execution = await Caller.Of(context).Client.Sandbox.CancelAsync(executionId, context.RequestAborted);
        await JsonAnswer.WriteAsync(
            context, execution.HasEnded ? StatusCodes.Status200OK : StatusCodes.Status202Accepted, SandboxWireMapping.ToResource(execution), SandboxWireJson.Default.ExecutionResource);
    }

    private static void WriteEvent(PipeWriter writer, Utf8JsonWriter json, SandboxEvent next)
    {
        var resource = SandboxWireMapping.ToResource(next);
        EventStream.BeginEvent(writer, next.Sequence, resource.Kind);
        json.Reset(writer);
        JsonSerializer.Serialize(json, resource, SandboxWireJson.Default.ExecutionEventResource);
        json.Flush();
        writer.Write("\n\n"u8);
    }
}
