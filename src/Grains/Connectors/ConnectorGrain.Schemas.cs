using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Templates;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>What the system's answers look like. Reports of calls come interleaved; what they taught is written in a turn of its own, soon when a difference came or went.</summary>
internal sealed partial class ConnectorGrain
{
    private static readonly TimeSpan KeepSoon = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestProbe = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan KeepLater = TimeSpan.FromMinutes(5);

    private SchemaWatch? _schemas;
    private SchemaWatchState? _keptSchemas;
    private IGrainTimer? _keeper;
    private bool _keepsSoon;

    /// <inheritdoc/>
    public async Task<ConnectorInfo> AcceptDrift(string operation, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var target = RequireThere();
        if (!target.Template.Operations.Any(known => known.Id == operation))
        {
            throw StewardException.NotFound("The operation");
        }

        if (_schemas!.Accept(operation))
        {
            await WriteAsync();
            LogAccepted(logger, Key, operation);
        }

        return Info(_target!);
    }

    /// <inheritdoc/>
    public Task<SpecificationComparison> CompareSpecifications(CompareSpecifications command, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return SpecificationComparer.CompareAsync(command, RequireThere(), cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await questions.StopAsync();
        if (reason.ReasonCode is DeactivationReasonCode.ActivationIdle or DeactivationReasonCode.ShuttingDown && HasNewSchemas())
        {
            await WriteAsync();
        }
    }

    private static ConnectorDrift ToMessage(OperationDrift drift) => new()
    {
        Operation = drift.OperationId,
        Since = drift.Since,
        Breaking = drift.Impact.Changes.Any(change => change.IsBreaking),
        Changes = [.. drift.Impact.Changes.Take(50).Select(SpecificationComparer.ToMessage)],
        BrokenFields = drift.Impact.Fields,
        BrokenMappings = [.. drift.Impact.Mappings.Select(mapping => mapping.To)],
    };

    // The check by itself has looked at one answer of the verification call; one other operation that may be called for nobody has its turn.
    private async Task ProbeAsync(ConnectorVerification check)
    {
        if (!check.Succeeded || _target is not { Template.Verify.Operation: { } verification })
        {
            return;
        }

        var calls = GrainFactory.GetGrain<IConnectorCallsGrain>(TenantId);
        await LookOnAsync(verification, () => calls.Check(Name));
        if (state.State.Deleting || _schemas?.NextProbe() is not { } operation)
        {
            return;
        }

        try
        {
            platform.Assume(TenantId);
            if ((await calls.Probe(Name, operation)).Outcome == "succeeded")
            {
                await LookOnAsync(operation, () => calls.Probe(Name, operation));
            }
        }
        catch (StewardException exception) when (exception.Code == ErrorCodes.NotFound)
        {
            // It was switched off or deleted meanwhile. The next check takes the next operation.
            LogNotProbed(logger, Key, operation);
        }
    }

    // When an answer differed, as many are looked at as it takes to be sure.
    private async Task LookOnAsync(string operation, Func<Task<ConnectorCallResult>> call)
    {
        // How the call ended is told in a message of its own.
        await Task.Delay(KeepSoon, time);
        platform.Assume(TenantId);

        // A slow system is asked the rest with the next check.
        for (var (calls, began) = (1, time.GetTimestamp()); calls < 2 * ResponseSampler.Enough && time.GetElapsedTime(began) < LongestProbe && _schemas?.IsSuspicious(operation) == true; calls++)
        {
            if ((await call()).Outcome != "succeeded")
            {
                return;
            }
        }
    }

    private SchemaWatchState ReadSchemas()
    {
        if (state.State.SchemasJson is not { } json)
        {
            return new SchemaWatchState();
        }

        try
        {
            return _keptSchemas = JsonSerializer.Deserialize<SchemaWatchState>(json, TemplateJson.Options)!;
        }
        catch (JsonException exception)
        {
            // It is learnt again; calls are not to wait for that.
            LogUnreadable(logger, Key, exception);
            return new SchemaWatchState();
        }
    }

    private void Learn(ConnectorReport report)
    {
        if (report.ShapeJson is not { } json || _schemas is not { } schemas)
        {
            return;
        }

        bool soon;
        try
        {
            var drifted = schemas.Drift.Count;
            soon = schemas.Observe(report.OperationId, JsonSerializer.Deserialize<SampleState>(json, TemplateJson.Options)!);
            if (schemas.Drift.Count > drifted)
            {
                ConnectorDiagnostics.Drifted.Add(1, new KeyValuePair<string, object?>("steward.tenant", TenantId));
                LogDrift(logger, Key, report.OperationId);
            }
        }
        catch (JsonException exception)
        {
            LogUnreadable(logger, Key, exception);
            return;
        }

        if (_keeper is null || (soon && !_keepsSoon))
        {
            _keepsSoon = soon;
            _keeper?.Dispose();
            _keeper = this.RegisterGrainTimer(KeepAsync, new GrainTimerCreationOptions(soon ? KeepSoon : KeepLater, Timeout.InfiniteTimeSpan));
        }
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        _keeper?.Dispose();
        (_keeper, _keepsSoon) = (null, false);
        if (HasNewSchemas())
        {
            await WriteAsync();
        }
    }

    private bool HasNewSchemas() => _schemas is { } schemas && !state.State.Deleting && !ReferenceEquals(schemas.State, _keptSchemas)
        && (schemas.State.Operations.Count > 0 || state.State.SchemasJson is not null);

    // Whatever is written, what was learnt goes with it.
    private void KeepSchemas()
    {
        if (HasNewSchemas() && state.State.InstanceJson is not null)
        {
            _keptSchemas = _schemas!.State;
            state.State.SchemasJson = JsonSerializer.Serialize(_keptSchemas, TemplateJson.Options);
        }
    }

    [LoggerMessage(EventId = 1410, Level = LogLevel.Warning, Message = "Answers of {Operation} of {Connector} are no longer what they were")]
    private static partial void LogDrift(ILogger logger, string connector, string operation);

    [LoggerMessage(EventId = 1411, Level = LogLevel.Information, Message = "The answers of {Operation} of {Connector} as they are now were accepted")]
    private static partial void LogAccepted(ILogger logger, string connector, string operation);

    [LoggerMessage(EventId = 1412, Level = LogLevel.Warning, Message = "What was learnt of the answers of {Connector} cannot be read and is learnt again")]
    private static partial void LogUnreadable(ILogger logger, string connector, Exception exception);

    [LoggerMessage(EventId = 1417, Level = LogLevel.Information, Message = "{Operation} of {Connector} was not looked at: it may not be called for that any more")]
    private static partial void LogNotProbed(ILogger logger, string connector, string operation);
}
