using System.Text.Json;
using Orleans.Concurrency;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Orchestration;
using Steward.Engines.Orchestration.Policies;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>
/// Makes single calls with the caller's rights. Holds nothing; as many at a time as <see cref="MaxPerSilo"/> wait for external systems. A call that takes long is handed over to a grain of its
/// own, so that nobody waits in vain for a silo that is lost. Woken by: front ends and connectors that check themselves.
/// </summary>
[StatelessWorker(MaxPerSilo)]
internal sealed class ConnectorCallsGrain(
    IConnectorRegistry registry,
    IConnectorPipeline pipeline,
    InstanceDirectory directory,
    OrchestrationDefinitions definitions,
    CallsUnderWay underWay,
    PlatformIdentity platform,
    TimeProvider time) : Grain, IConnectorCallsGrain
{
    /// <summary>The most calls of one tenant at a time in one silo; more wait.</summary>
    public const int MaxPerSilo = 64;

    private const int MaxArgumentsLength = 256 * 1024;
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan LongestCheck = TimeSpan.FromSeconds(40);

    private string TenantId => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConnectorTool>?> List(string instance, CancellationToken cancellationToken = default)
    {
        var connectors = await OpenAsync(TenantId, instance, cancellationToken);
        return connectors is null
            ? null
            : [.. connectors.Operations.Where(operation => operation.Connector == instance).Select(operation => new ConnectorTool
            {
                Operation = operation.Id[(instance.Length + 1)..],
                Description = operation.Description,
                Effect = operation.Effect.ToString().ToLowerInvariant(),
                InputSchemaJson = operation.InputSchema.GetRawText(),
            })];
    }

    /// <inheritdoc/>
    public async Task<ConnectorCallResult> Call(ConnectorCallCommand command, CancellationToken cancellationToken = default)
    {
        var arguments = ReadArguments(command.ArgumentsJson);
        var tenantId = TenantId;
        var caller = Caller.Required;
        if (!underWay.HasRoom(tenantId))
        {
            return new ConnectorCallResult { Outcome = "unavailable", Message = "Too many calls of this tenant are waiting for external systems.", IsRetryable = true, RetryAfter = CallsUnderWay.AnswerWithin };
        }

        // Beside the grain, which answers before the call has ended when that takes long.
        var stop = new CancellationTokenSource();
        var call = Task.Run(() => MakeAsync(tenantId, command, arguments, caller, stop.Token), CancellationToken.None);
        await using var stopping = cancellationToken.Register(stop.Cancel);
        if (await ConnectorCallUnderWayGrain.EndsSoonAsync(call, time))
        {
            stop.Dispose();
            return await call;
        }

        var id = underWay.Keep(tenantId, new CallUnderWay(caller.UserId, call, stop));
        platform.Assume(tenantId);
        await GrainFactory.GetGrain<IConnectorCallUnderWayGrain>(GrainKeys.CallUnderWay(tenantId, id)).Attach(CancellationToken.None);
        return ConnectorCallUnderWayGrain.Going(id);
    }

    private async Task<ConnectorCallResult> MakeAsync(string tenantId, ConnectorCallCommand command, JsonElement arguments, CallerIdentity caller, CancellationToken cancellationToken)
    {
        var operationId = $"{command.Instance}.{command.Operation}";
        if (await OpenAsync(tenantId, command.Instance, cancellationToken) is not { } connectors
            || connectors.FindOperation(operationId) is not { } operation)
        {
            throw StewardException.NotFound("The operation");
        }

        var limit = time.GetUtcNow() + LongestCall;
        var deadline = command.Deadline is { } due && due < limit ? due : limit;
        if (await RefusalAsync(connectors, operation, arguments, caller, command, cancellationToken) is { } refused)
        {
            return refused;
        }

        var outcome = await connectors.ExecuteAsync(
            new ActionRequest { ActionId = command.ActionId, OperationId = operationId, Arguments = arguments, Deadline = deadline, Caller = PersonOf(caller), DryRun = command.DryRun },
            cancellationToken);
        return ToResult(outcome);
    }

    /// <inheritdoc/>
    public async Task<ConnectorCallResult> Check(string instance, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        directory.Expire(TenantId);
        if ((await directory.ListAsync(TenantId, cancellationToken)).FirstOrDefault(known => known.Instance.Name == instance) is not { } target)
        {
            throw StewardException.NotFound("The connector");
        }

        var verify = target.Template.Verify;
        var operation = target.Template.Operations.First(known => known.Id == verify.Operation);
        var outcome = await pipeline.ExecuteAsync(
            new ConnectorCallRequest
            {
                Target = target,
                Gate = directory.GateOf(TenantId, instance),
                Operation = operation,
                Arguments = verify.Arguments ?? JsonElement.Parse("{}"),
                ActionId = $"verify/{instance}/{Guid.NewGuid():N}",
                Deadline = time.GetUtcNow() + LongestCheck,
            },
            cancellationToken);
        return ToResult(outcome);
    }

    /// <summary>An outcome as a message.</summary>
    internal static ConnectorCallResult ToResult(ActionOutcome outcome) => outcome switch
    {
        ActionSucceeded succeeded => new ConnectorCallResult { Outcome = "succeeded", ResultJson = succeeded.Result.GetRawText(), VendorRequestId = succeeded.VendorRequestId },
        ActionFailed failed => new ConnectorCallResult
        {
            Outcome = failed.Code,
            Message = failed.Message,
            IsRetryable = failed.IsRetryable,
            RetryAfter = failed.RetryAfter,
            Field = failed.Field,
            VendorRequestId = failed.VendorRequestId,
        },
        ActionUnknown unknown => new ConnectorCallResult { Outcome = "unknown", Message = unknown.Reason, VendorRequestId = unknown.VendorRequestId },
        _ => new ConnectorCallResult { Outcome = "unknown" },
    };

    private static ConnectorCaller PersonOf(CallerIdentity caller) => new(caller.UserId, caller.Email, caller.Roles);

    private static JsonElement ReadArguments(string text)
    {
        if (text.Length > MaxArgumentsLength)
        {
            throw StewardException.Invalid("arguments", $"must have at most {MaxArgumentsLength} characters.");
        }

        try
        {
            var arguments = JsonElement.Parse(text);
            return arguments.ValueKind == JsonValueKind.Object ? arguments : throw StewardException.Invalid("arguments", "must be a JSON object.");
        }
        catch (JsonException)
        {
            throw StewardException.Invalid("arguments", "must be a JSON object.");
        }
    }

    // Null when the tenant has no such connector. One that was made a moment ago is looked for again.
    private async Task<ITenantConnectors?> OpenAsync(string tenantId, string instance, CancellationToken cancellationToken)
    {
        var caller = PersonOf(Caller.Required);
        for (var attempt = 1; ; attempt++)
        {
            var connectors = await registry.OpenAsync(tenantId, caller, cancellationToken);
            if (connectors.FindBaseUrl(instance) is not null || connectors.Operations.Any(operation => operation.Connector == instance))
            {
                return connectors;
            }

            if (attempt == 2)
            {
                return null;
            }

            directory.Expire(tenantId);
        }
    }

    // What the policy does not simply allow is not done here: there is no run that could wait for somebody's consent.
    private async Task<ConnectorCallResult?> RefusalAsync(
        ITenantConnectors connectors, ConnectorOperation operation, JsonElement arguments, CallerIdentity caller, ConnectorCallCommand command, CancellationToken cancellationToken)
    {
        var requester = new Requester { UserId = caller.UserId, Email = caller.Email, Name = caller.Name, Roles = caller.Roles };
        var decision = await definitions.Policy.DecideAsync(operation, arguments, requester, ReadAsync, cancellationToken);
        return decision.Verdict switch
        {
            PolicyVerdict.Allowed => null,

            // It changes nothing that somebody would have to consent to; but whoever may not do it may not see what it would do either.
            PolicyVerdict.ApprovalNeeded when command.DryRun => null,
            PolicyVerdict.ApprovalNeeded => new ConnectorCallResult { Outcome = "approval_required", Message = "This needs an approval. Ask for it in a conversation, where it can be waited for. Nothing was changed." },
            PolicyVerdict.Undecided => new ConnectorCallResult { Outcome = "unavailable", Message = decision.Reason, IsRetryable = decision.Retryable },
            _ => new ConnectorCallResult { Outcome = "forbidden", Message = decision.Reason },
        };

        Task<ActionOutcome> ReadAsync(string operationId, JsonElement with, CancellationToken token) =>
            connectors.FindOperation(operationId)?.Effect == OperationEffect.Read
                ? connectors.ExecuteAsync(new ActionRequest { ActionId = command.ActionId + "/policy", OperationId = operationId, Arguments = with, Caller = PersonOf(caller) }, token)
                : Task.FromResult<ActionOutcome>(new ActionFailed("not_found", $"'{operationId}' cannot be read.", IsRetryable: false));
    }
}
