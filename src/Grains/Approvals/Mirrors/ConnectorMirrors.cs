using Microsoft.Extensions.Logging;
using Steward.Connectors;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.Mirroring;
using Steward.Engines.Approvals.People;
using Steward.Engines.Connectors;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Approvals;

/// <summary>Keeps records through the tenant's connectors, in the platform's name and with the operations that the tenant's admins switched on.</summary>
internal sealed partial class ConnectorMirrors(
    IConnectorRegistry connectors, MirrorPeople people, IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<ConnectorMirrors> logger) : IApprovalMirrors
{
    /// <summary>The name under which events of other systems wait for the approvals.</summary>
    public const string Subscriber = "approvals";

    /// <inheritdoc/>
    public async Task SyncAsync(IMirroredApproval approval, CancellationToken cancellationToken)
    {
        var request = approval.State.Request;
        var definition = approval.State.Route!.Chain.Mirror!;
        MirrorSession? session = null;
        string error;
        TimeSpan? retryAfter = null;
        try
        {
            platform.Assume(request.TenantId);
            var open = await connectors.OpenAsync(request.TenantId, null, cancellationToken);
            if (!open.Operations.Any(operation => operation.Connector == definition.Instance))
            {
                throw new MirrorException($"There is no connector '{definition.Instance}', or nothing of it is switched on.");
            }

            session = new MirrorSession(approval, definition, open, people, time);
            if (session.Mirror.RecordId is null)
            {
                // What is decided there must not be missed from the first moment on.
                platform.Assume(request.TenantId);
                await grains.GetGrain<IConnectorHooksGrain>(GrainKeys.Connector(request.TenantId, definition.Instance)).Subscribe(Subscriber, cancellationToken);
            }

            await (definition.Kind == MirrorSettings.JiraTransition ? JiraMirror.SyncAsync(session, cancellationToken) : ServiceNowMirror.SyncAsync(session, cancellationToken));
            await InStepAsync(session);
            return;
        }
        catch (MirrorException exception)
        {
            (error, retryAfter) = (exception.Message, exception.RetryAfter);
        }
        catch (DirectoryUnavailableException)
        {
            error = "The directory cannot be asked now.";
        }
        catch (Exception exception) when (exception is not (StewardException or OperationCanceledException))
        {
            LogDefect(logger, exception, definition.Instance, request.TenantId);
            error = "The record could not be brought in step.";
        }

        var before = session?.Mirror ?? approval.State.Mirror ?? new();
        var failed = MirrorRetries.Failed(before, approval.State.IsOver, error, retryAfter, time.GetUtcNow());
        ApprovalDiagnostics.MirrorFailures.Add(1, new KeyValuePair<string, object?>("gave_up", failed.Status == MirrorStatus.Failed));
        LogFailed(logger, definition.Instance, request.TenantId, request.ApprovalId, failed.Failures, error);
        await approval.NoteAsync(failed, error);
    }

    private async Task InStepAsync(MirrorSession session)
    {
        var isOver = session.State.IsOver;
        var mirror = session.Mirror;
        var wasClosed = mirror.Status == MirrorStatus.Closed;
        var neverMade = isOver && mirror is { RecordId: null, Status: MirrorStatus.Failed };
        session.Mirror = mirror with
        {
            Status = neverMade ? MirrorStatus.Failed : isOver ? MirrorStatus.Closed : MirrorStatus.Open,
            IsClosed = isOver,
            NextAt = isOver ? null : MirrorRetries.NextPoll(session.State, time.GetUtcNow()),
            Sending = null,
            SentAt = null,
            Failures = 0,
            Error = neverMade ? mirror.Error : null,
        };
        await session.NoteAsync(isOver && !wasClosed && mirror.Reference is { } reference ? $"{reference} in {session.Instance} says how it ended." : null);
    }

    [LoggerMessage(EventId = 1851, Level = LogLevel.Warning, Message = "The record in {Instance} of {Tenant} that goes along with approval {Approval} could not be brought in step (failure {Failures}): {Error}")]
    private static partial void LogFailed(ILogger logger, string instance, string tenant, string approval, int failures, string error);

    [LoggerMessage(EventId = 1852, Level = LogLevel.Error, Message = "Keeping a record in {Instance} of {Tenant} met a defect")]
    private static partial void LogDefect(ILogger logger, Exception exception, string instance, string tenant);
}
