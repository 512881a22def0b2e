using System.Text.Json;
using Microsoft.Extensions.Logging;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Pipeline.Middleware;
using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Pipeline.Requests;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Mcp;

/// <summary>
/// Carries out an operation of a server of the Model Context Protocol: asks the owner for a permit as for any other system, makes sure that the tool is the one that was accepted, and calls it
/// once. Nothing is tried again here.
/// </summary>
internal sealed class McpStep(McpSessions sessions, TimeProvider time, ILogger logger)
{
    private static readonly OutgoingRequest NoRequest = new() { Method = HttpMethod.Post };

    private readonly AuthMiddleware _auth = new();
    private readonly RateLimitMiddleware _limits = new(time, logger);

    public async Task<ActionOutcome> RunAsync(ConnectorCall call)
    {
        if (!McpOperations.MayUse(call.Request.Target.Template, call.Request.Operation.Id, call.Request.Caller))
        {
            throw OutcomeException.Failed(FailureCodes.Forbidden, "Only an admin may see what a server offers.");
        }

        var result = default(JsonElement);
        var exchange = await _auth.InvokeAsync(call, NoRequest, (inner, request) => _limits.InvokeAsync(inner, request, async (_, _) =>
        {
            (var ended, result) = await SendAsync(call);
            return ended;
        }));
        return exchange.Failure ?? new ActionSucceeded(result);
    }

    private async Task<(Exchange Exchange, JsonElement Result)> SendAsync(ConnectorCall call)
    {
        var probe = new McpProbe();
        McpProbe.Current = probe;
        try
        {
            var connection = await sessions.GetAsync(call.Request.Target, call.UserId, call.Credential, call.Token);
            using var hold = connection.Enter();
            if (call.Request.Operation.Id == McpOperations.ListTools)
            {
                var offers = McpOperations.Compare(await connection.ListAsync(anew: true, call.Token), call.Instance.Tools);
                return (new Exchange(), JsonSerializer.SerializeToElement(new { items = offers, truncated = offers.Count >= McpOperations.MaxTools }, TemplateJson.Options));
            }

            var tool = await FindAsync(call, connection);
            var answer = await CallAsync(call, connection, tool, probe);
            return answer.IsError == true
                ? (Exchange.Ended(new ActionFailed(FailureCodes.Rejected, McpResult.ErrorOf(answer), IsRetryable: false)), default)
                : Answered(McpResult.Read(answer));
        }
        catch (OutcomeException exception)
        {
            return (Exchange.Ended(exception.Outcome), default);
        }
        catch (OperationCanceledException) when (call.Caller.IsCancellationRequested && !(call.IsWrite && probe.IsCalling))
        {
            throw;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            return (Judge(call, probe, exception), default);
        }
        finally
        {
            call.Status = probe.Status ?? call.Status;
            McpProbe.Current = null;
        }
    }

    private static (Exchange Exchange, JsonElement Result) Answered(JsonElement result) => (new Exchange { Result = result }, result);

    private static async Task<CallToolResult> CallAsync(ConnectorCall call, McpConnection connection, McpTool tool, McpProbe probe)
    {
        (probe.IsCalling, probe.IsSent) = (true, false);
        return await connection.CallAsync(tool.Name, call.Arguments, call.Token);
    }

    /// <summary>The tool as it was accepted, provided that the server still offers that one.</summary>
    private static async Task<McpTool> FindAsync(ConnectorCall call, McpConnection connection)
    {
        var name = call.Request.Target.Template.Name;
        var tool = call.Instance.Tools.FirstOrDefault(known => known.Id == call.Request.Operation.Id)
            ?? throw OutcomeException.Failed(FailureCodes.NotFound, $"{name} has no tool of this name that was accepted.");
        var offered = (await connection.ListAsync(anew: false, call.Token)).FirstOrDefault(candidate => candidate.Name == tool.Name)
            ?? throw OutcomeException.Failed(FailureCodes.NotFound, $"{name} does not offer this tool any more.");
        return McpOperations.HashOf(offered) == tool.Hash
            ? tool
            : throw OutcomeException.Failed(FailureCodes.Rejected, $"{name} has changed this tool since an admin accepted it. It is not called until an admin accepts it again.");
    }

    private Exchange Judge(ConnectorCall call, McpProbe probe, Exception exception)
    {
        var name = call.Request.Target.Template.Name;
        if (probe.IsExpired)
        {
            sessions.Drop(call.Request.Target, call.UserId);
            return Exchange.Ended(new ActionFailed(FailureCodes.Unauthenticated, $"{name} does not accept the credential.", IsRetryable: false)) with { IsExpired = true };
        }

        if (exception is McpProtocolException { ErrorCode: not McpErrorCode.InternalError } refused)
        {
            return Exchange.Ended(new ActionFailed(FailureCodes.Rejected, McpText.Clean($"{name} refused the call: {refused.Message}", 300), IsRetryable: false));
        }

        var isTimeout = exception is OperationCanceledException or TimeoutException;
        if (exception is not McpProtocolException && !isTimeout)
        {
            sessions.Drop(call.Request.Target, call.UserId);
        }

        if (call.IsWrite && probe.IsCalling && (probe.IsSent || call.Request.Target.Template.Mcp!.Transport == McpTransport.Stdio))
        {
            return Exchange.Ended(new ActionUnknown(isTimeout
                ? $"{name} did not answer in time; the tool may have done its work."
                : $"The connection to {name} broke, or the server failed, while the tool was at work; it may have done it."));
        }

        return Exchange.Ended(isTimeout
            ? new ActionFailed(FailureCodes.Timeout, $"{name} did not answer in time.", IsRetryable: true)
            : new ActionFailed(FailureCodes.Unavailable, $"{name} cannot be reached, or does not speak the Model Context Protocol.", IsRetryable: true));
    }
}
