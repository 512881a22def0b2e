using System.Text.Json;
using Orleans.Runtime;
using Steward.Connectors;
using Steward.Engines.Notifications.Rendering;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;
using Steward.Webhooks;

namespace Steward.Notifications;

/// <summary>
/// Owns a tenant's settings of notifications, and shows what became of notices. Persists: <see cref="NotificationSettingsState"/>. Woken by: admins, queues that need the settings, and answers that come by channels.
/// </summary>
internal sealed class NotificationSettingsGrain(
    [PersistentState("notifications", StorageNames.GrainState)] IPersistentState<NotificationSettingsState> state,
    INotificationStore store,
    InstanceDirectory directory,
    KnownPreferences known,
    ChannelPlans plans,
    ChannelActions actions,
    PlatformIdentity platform) : StewardGrain, INotificationSettingsGrain
{
    private const int MaxPageSize = 200;
    private const int MaxSubject = 500;

    private NotificationSettings? _held;

    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    // What stands: not what is being written.
    private NotificationSettings Settings => _held ?? state.State.Settings;

    /// <inheritdoc/>
    public Task<NotificationSettings> Get(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return Task.FromResult(Settings);
    }

    /// <inheritdoc/>
    public async Task<NotificationSettings> Set(NotificationSettings settings, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (settings.Revision != state.State.Settings.Revision)
        {
            throw new StewardException(ErrorCodes.Conflict, $"revision: the settings are at {state.State.Settings.Revision}; read them again.") { Field = "revision" };
        }

        directory.Expire(TenantId);
        SettingsRules.Check(settings, await directory.ListAsync(TenantId, cancellationToken), await WebhooksAsync(settings, cancellationToken));
        // Whoever reads meanwhile gets what is durable.
        _held = state.State.Settings;
        state.State.Settings = settings with { Revision = settings.Revision + 1 };
        await Write();
        _held = null;
        known.Forget(TenantId);
        return state.State.Settings;
    }

    /// <inheritdoc/>
    public Task<NoticePreview> Preview(PreviewNotice command, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        if (!PreferenceRules.AllKinds.Contains(command.Kind))
        {
            throw StewardException.Invalid("kind", $"must be one of {string.Join(", ", PreferenceRules.AllKinds)}.");
        }

        if (command.Channel != NotificationChannels.InApp && !NotificationChannels.External.Contains(command.Channel))
        {
            throw StewardException.Invalid("channel", $"must be {NotificationChannels.InApp} or one of {string.Join(", ", NotificationChannels.External)}.");
        }

        PreferenceRules.CheckLocale(command.Locale, "locale");
        var settings = Settings;
        var locale = command.Locale ?? settings.Locale;
        if (command.Template is { } template)
        {
            var name = $"{command.Kind}/{locale}/{command.Channel}";
            SettingsRules.CheckTemplate(name, template);
            settings = settings with { Templates = new Dictionary<string, string>(settings.Templates, StringComparer.Ordinal) { [name] = template } };
        }

        var own = settings.Channels.FirstOrDefault(channel => channel.Channel == command.Channel);
        var rendered = NoticeRenderer.Render(
            NoticeRenderer.Sample(command.Kind, ReadData(command), locale),
            plans.Of(settings, command.Channel, own?.Instance, own?.Settings ?? []));
        return Task.FromResult(new NoticePreview { Title = rendered.Title, Text = rendered.Text, Payload = rendered.Payload });
    }

    /// <inheritdoc/>
    public async Task<HookAnswer> ReceiveAction(string channel, HookDelivery delivery, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var answer = await actions.ReceiveAsync(TenantId, Settings, channel, delivery, cancellationToken);
        if (answer.Status == 401 && Settings.Revision == 0)
        {
            // Strangers can name any tenant; what does not exist does not stay in memory.
            DeactivateOnIdle();
        }

        return answer;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<NoticeStatus>> ListBySubject(string subjectId, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return [.. (await store.ListBySubjectAsync(TenantId, subjectId, MaxSubject, cancellationToken)).Select(ToStatus)];
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<NoticeStatus>> ListDeadLetters(int limit, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        return limit is >= 1 and <= MaxPageSize
            ? [.. (await store.ListDeadAsync(TenantId, limit, cancellationToken)).Select(ToStatus)]
            : throw StewardException.Invalid("limit", $"must be 1 to {MaxPageSize}.");
    }

    /// <inheritdoc/>
    public async Task ReplayDeadLetter(string noticeId, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var rows = await store.FindAsync(TenantId, noticeId, cancellationToken);
        if (rows.FirstOrDefault(row => row.IsDead) is not { } dead)
        {
            throw StewardException.NotFound("The dead letter");
        }

        // The channel from which all others that failed were reached.
        var first = rows.Where(row => NoticeDelivery.HasFailed(row.Delivery) || row.IsDead).MaxBy(row => NextOf(row).Count) ?? dead;
        platform.Assume(TenantId);
        await GrainFactory.GetGrain<INotificationQueueGrain>(GrainKeys.NotificationQueue(TenantId, first.Channel))
            .Enqueue([new QueuedNotice { Notice = NoticeJson.Write(QueueItem.DocumentOf(first).Notice), Next = NextOf(first), Again = true }], cancellationToken);
        if (first.Channel != dead.Channel)
        {
            await store.UpdateAsync([dead with { IsDead = false }], cancellationToken);
        }
    }

    private async Task<IReadOnlyCollection<string>> WebhooksAsync(NotificationSettings settings, CancellationToken cancellationToken)
    {
        if (settings.Channels.All(channel => channel.Channel != NotificationChannels.Webhook))
        {
            return [];
        }

        platform.Assume(TenantId);
        return [.. (await GrainFactory.GetGrain<IWebhookIndexGrain>(GrainKeys.WebhookIndex(TenantId)).List(cancellationToken)).Select(webhook => webhook.WebhookId)];
    }

    private static JsonElement? ReadData(PreviewNotice command)
    {
        if (command.Data is not { } text)
        {
            return null;
        }

        try
        {
            var data = JsonElement.Parse(text);
            return Engines.Notifications.NoticeData.Check(command.Kind, data) is { } problem ? throw StewardException.Invalid("data", problem) : data;
        }
        catch (JsonException)
        {
            throw StewardException.Invalid("data", "must be a JSON object.");
        }
    }

    private static IReadOnlyList<string> NextOf(NoticeRow row) => QueueItem.DocumentOf(row).Next;

    private static NoticeStatus ToStatus(NoticeRow row) => new()
    {
        NoticeId = row.NoticeId,
        Channel = row.Channel,
        Kind = row.Kind,
        Recipient = row.Recipient,
        Delivery = row.Delivery,
        Engagement = row.Engagement,
        Attempts = row.Attempts,
        CreatedAt = row.CreatedAt,
        SentAt = row.SentAt,
        NextAt = row.IsOpen ? row.NextAt : null,
        Error = row.Error,
        SubjectId = row.SubjectId,
    };

    private async Task Write()
    {
        try
        {
            await state.WriteStateAsync();
        }
        catch
        {
            // Memory and store may differ now: the next activation reads what really stands.
            DeactivateOnIdle();
            throw;
        }
    }
}
