using System.Collections.Concurrent;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Schedules;
using Steward.Webhooks;

namespace Steward.Gateway.Tests;

/// <summary>Schedules and webhooks in memory: what they are told they remember, and nothing happens by itself.</summary>
public sealed class FakeAutomation
{
    public ConcurrentDictionary<string, ScheduleInfo> Schedules { get; } = new();

    public ConcurrentDictionary<string, WebhookInfo> Webhooks { get; } = new();

    public IScheduleClient SchedulesOf(CallerIdentity identity, Action fail) => new FakeSchedules(this, identity, fail);

    public IWebhookClient WebhooksOf(CallerIdentity identity, Action fail) => new FakeWebhooks(this, identity, fail);

    private static void RequireAdmin(CallerIdentity identity)
    {
        if (!identity.Roles.Contains(WellKnownRoles.Admin))
        {
            throw StewardException.Forbidden("Only an admin of the tenant may do this.");
        }
    }

    private sealed class FakeSchedules(FakeAutomation all, CallerIdentity identity, Action fail) : IScheduleClient
    {
        public Task<ScheduleInfo> CreateAsync(CreateSchedule spec, string? scheduleId = null, bool tenantWide = false, CancellationToken cancellationToken = default)
        {
            fail();
            scheduleId ??= (tenantWide ? GrainKeys.TenantSchedulePrefix : "j-") + Guid.NewGuid().ToString("n");
            if (tenantWide)
            {
                RequireAdmin(identity);
            }

            var info = new ScheduleInfo
            {
                ScheduleId = scheduleId,
                Spec = spec,
                RunsAs = identity.UserId,
                SessionId = "s-cron-" + scheduleId[2..],
                CreatedAt = DateTimeOffset.UnixEpoch,
                NextAt = DateTimeOffset.UnixEpoch.AddDays(1),
                Fires = [new ScheduleFire { At = DateTimeOffset.UnixEpoch, Outcome = ScheduleOutcome.Started, RunId = "r-1" }, new ScheduleFire { At = DateTimeOffset.UnixEpoch, Outcome = ScheduleOutcome.Missed }],
            };
            return Task.FromResult(all.Schedules.GetOrAdd(Key(scheduleId), info));
        }

        public Task<SchedulePage> ListAsync(bool tenantWide = false, string? afterId = null, int limit = 50, CancellationToken cancellationToken = default)
        {
            fail();
            var found = all.Schedules.Where(pair => pair.Key.StartsWith(Key(tenantWide ? GrainKeys.TenantSchedulePrefix : "j-")[..^1], StringComparison.Ordinal))
                .Select(pair => pair.Value)
                .Where(schedule => GrainKeys.IsTenantSchedule(schedule.ScheduleId) == tenantWide && string.CompareOrdinal(schedule.ScheduleId, afterId) > 0)
                .OrderBy(schedule => schedule.ScheduleId, StringComparer.Ordinal)
                .ToList();
            return Task.FromResult(new SchedulePage([.. found.Take(limit)], found.Count > limit ? found[limit - 1].ScheduleId : null));
        }

        public Task<ScheduleInfo> GetAsync(string scheduleId, CancellationToken cancellationToken = default) => Task.FromResult(Find(scheduleId));

        public Task<ScheduleInfo> SetPausedAsync(string scheduleId, bool paused, CancellationToken cancellationToken = default) =>
            Task.FromResult(all.Schedules[Key(scheduleId)] = Find(scheduleId) with { Paused = paused, NextAt = paused ? null : DateTimeOffset.UnixEpoch });

        public Task<ScheduleFire> RunNowAsync(string scheduleId, string? operationId = null, CancellationToken cancellationToken = default)
        {
            Find(scheduleId);
            return Task.FromResult(new ScheduleFire { At = DateTimeOffset.UnixEpoch, Outcome = ScheduleOutcome.Started, RunId = "r-" + (operationId ?? "drawn"), Manual = true });
        }

        public Task DeleteAsync(string scheduleId, CancellationToken cancellationToken = default)
        {
            Find(scheduleId);
            all.Schedules.TryRemove(Key(scheduleId), out _);
            return Task.CompletedTask;
        }

        private string Key(string scheduleId) => $"{identity.TenantId}/{(GrainKeys.IsTenantSchedule(scheduleId) ? "" : identity.UserId)}/{scheduleId}";

        private ScheduleInfo Find(string scheduleId)
        {
            fail();
            return all.Schedules.GetValueOrDefault(Key(scheduleId)) ?? throw StewardException.NotFound("The schedule");
        }
    }

    private sealed class FakeWebhooks(FakeAutomation all, CallerIdentity identity, Action fail) : IWebhookClient
    {
        private const string Secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

        public Task<WebhookSecretShown> CreateAsync(CreateWebhook spec, CancellationToken cancellationToken = default)
        {
            fail();
            RequireAdmin(identity);
            var info = new WebhookInfo { WebhookId = "w-" + Guid.NewGuid().ToString("n"), Spec = spec, Enabled = true, CreatedAt = DateTimeOffset.UnixEpoch };
            all.Webhooks[Key(info.WebhookId)] = info;
            return Task.FromResult(new WebhookSecretShown { Webhook = info, Secret = Secret });
        }

        public Task<IReadOnlyList<WebhookInfo>> ListAsync(CancellationToken cancellationToken = default)
        {
            fail();
            RequireAdmin(identity);
            return Task.FromResult<IReadOnlyList<WebhookInfo>>([.. all.Webhooks.Where(pair => pair.Key.StartsWith(identity.TenantId + "/", StringComparison.Ordinal)).Select(pair => pair.Value)]);
        }

        public Task<WebhookInfo> GetAsync(string webhookId, CancellationToken cancellationToken = default) => Task.FromResult(Find(webhookId));

        public Task<WebhookInfo> SetEnabledAsync(string webhookId, bool enabled, CancellationToken cancellationToken = default) =>
            Task.FromResult(all.Webhooks[Key(webhookId)] = Find(webhookId) with { Enabled = enabled, DisabledReason = enabled ? null : "by_admin" });

        public Task<WebhookSecretShown> RotateAsync(string webhookId, CancellationToken cancellationToken = default) =>
            Task.FromResult(new WebhookSecretShown { Webhook = Find(webhookId), Secret = Secret });

        public Task<WebhookDelivery> TestAsync(string webhookId, CancellationToken cancellationToken = default)
        {
            Find(webhookId);
            return Task.FromResult(Delivery("d-test", "webhook.test", null));
        }

        public Task<IReadOnlyList<WebhookDelivery>> ListDeliveriesAsync(string webhookId, int limit = 50, CancellationToken cancellationToken = default)
        {
            Find(webhookId);
            return Task.FromResult<IReadOnlyList<WebhookDelivery>>([.. Enumerable.Range(1, 3).Take(limit).Select(number => Delivery($"d-{number}", "run.ended", "r-1"))]);
        }

        public Task<WebhookDelivery> RedeliverAsync(string webhookId, string deliveryId, CancellationToken cancellationToken = default)
        {
            Find(webhookId);
            return Task.FromResult(Delivery(deliveryId, "run.ended", "r-1"));
        }

        public Task DeleteAsync(string webhookId, CancellationToken cancellationToken = default)
        {
            Find(webhookId);
            all.Webhooks.TryRemove(Key(webhookId), out _);
            return Task.CompletedTask;
        }

        private static WebhookDelivery Delivery(string id, string type, string? runId) => new()
        {
            DeliveryId = id,
            Type = type,
            RunId = runId,
            State = WebhookDeliveryState.Waiting,
            CreatedAt = DateTimeOffset.UnixEpoch,
            Attempts = 2,
            NextAt = DateTimeOffset.UnixEpoch,
            LastAt = DateTimeOffset.UnixEpoch,
            LastStatus = 503,
            LastError = "status 503",
        };

        private string Key(string webhookId) => $"{identity.TenantId}/{webhookId}";

        private WebhookInfo Find(string webhookId)
        {
            fail();
            RequireAdmin(identity);
            return all.Webhooks.GetValueOrDefault(Key(webhookId)) ?? throw StewardException.NotFound("The webhook");
        }
    }
}
