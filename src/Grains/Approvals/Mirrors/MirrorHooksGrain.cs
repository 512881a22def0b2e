using System.Text.Json;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;
using Steward.Connectors;
using Steward.Engines.Approvals.Mirroring;
using Steward.Identity;

namespace Steward.Approvals;

/// <summary>
/// Hears what external systems tell, and lets the approvals look whose records that is about. Persists nothing; woken by: the stream of one connector instance. What an event says is not believed: it only says where to look.
/// </summary>
[ImplicitStreamSubscription(HookStreams.Namespace)]
internal sealed partial class MirrorHooksGrain(PlatformIdentity platform, ILogger<MirrorHooksGrain> logger) : StewardGrain, IMirrorHooksGrain, IStreamSubscriptionObserver, IAsyncObserver<ConnectorEvent>
{
    /// <inheritdoc/>
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<ConnectorEvent>().ResumeAsync(this);

    /// <inheritdoc/>
    public async Task OnNextAsync(ConnectorEvent item, StreamSequenceToken? token = null)
    {
        if (!item.OpenFor.Contains(ConnectorMirrors.Subscriber))
        {
            return;
        }

        var key = this.GetPrimaryKeyString();
        var tenantId = GrainKeys.TenantOf(key);
        try
        {
            foreach (var approvalId in ApprovalsOf(item.Payload))
            {
                platform.Assume(tenantId);
                await GrainFactory.GetGrain<IApprovalGrain>(GrainKeys.Approval(tenantId, approvalId)).LookAtMirror(item.Instance);
            }

            platform.Assume(tenantId);
            await GrainFactory.GetGrain<IConnectorHooksGrain>(key).Settle(new SettleHook { Number = item.Number, Subscriber = ConnectorMirrors.Subscriber });
        }
#pragma warning disable CA1031 // It is not settled, and so it comes again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotTaken(logger, exception, key);
        }
    }

    /// <inheritdoc/>
    public Task OnCompletedAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    /// <summary>The approvals whose records an event names: by ServiceNow's correlation id, or by an issue's labels.</summary>
    internal static IReadOnlyList<string> ApprovalsOf(string payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            var root = document.RootElement;
            var labels = Member(Member(Member(root, "issue"), "fields"), "labels");
            IEnumerable<JsonElement> marks = labels.ValueKind == JsonValueKind.Array ? labels.EnumerateArray().Take(MostLabels) : [];
            return
            [
                .. marks.Append(Member(root, "correlation_id")).Where(mark => mark.ValueKind == JsonValueKind.String).Select(mark => MirrorText.ApprovalOf(mark.GetString()))
                    .OfType<string>().Where(id => GrainKeys.IsValidPart(id, 'a')).Distinct(StringComparer.Ordinal).Take(MostApprovals),
            ];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private const int MostLabels = 100;
    private const int MostApprovals = 5;

    private static JsonElement Member(JsonElement json, string name) => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? value : default;

    [LoggerMessage(EventId = 1853, Level = LogLevel.Warning, Message = "An event of {Instance} could not be taken by the approvals now; it will come again")]
    private static partial void LogNotTaken(ILogger logger, Exception exception, string instance);
}
