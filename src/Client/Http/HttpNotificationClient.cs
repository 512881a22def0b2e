using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Steward.Notifications;

namespace Steward.Client.Http;

/// <summary>Inbox, preferences and settings of notifications over a gateway's HTTP API.</summary>
internal sealed class HttpNotificationClient(HttpStewardUserClient http, InboxWatcher watcher) : INotificationClient
{
    private const string Root = "v1/notifications";

    private static readonly ClientApprovalWireJson Json = ClientApprovalWireJson.Default;

    /// <inheritdoc/>
    public async Task<InboxPage> ListAsync(long? beforeSequence = null, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        var page = await GetAsync("inbox.list", string.Create(CultureInfo.InvariantCulture, $"{Root}?limit={limit}&before={beforeSequence ?? 0}"), Json.InboxResource, cancellationToken);
        return new InboxPage { Items = [.. page.Items.Select(ApprovalWireMapping.ToContract)], Unseen = page.Unseen, LastSequence = page.LastSequence };
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<InboxItem> WatchAsync(long afterSequence, CancellationToken cancellationToken = default)
    {
        InputRules.After(afterSequence);
        return watcher.WatchAsync(
            (after, token) => http.ReadEventsAsync(Root + "/stream", after, static (_, data) => ApprovalWireMapping.ToContract(HttpStewardUserClient.Parse(data, Json.InboxItemResource)), token),
            static () => { },
            afterSequence,
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task MarkAsync(MarkInbox command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        var request = new MarkInboxRequest { SeenThrough = command.SeenThrough, Read = command.Read };
        return http.SendWithoutAnswerAsync(
            "inbox.mark", () => new HttpRequestMessage(HttpMethod.Post, Root + "/mark") { Content = HttpStewardUserClient.Body(request, Json.MarkInboxRequest) }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<NotificationPreferences> GetPreferencesAsync(CancellationToken cancellationToken = default) =>
        GetAsync("inbox.get-preferences", Root + "/preferences", Json.NotificationPreferences, cancellationToken);

    /// <inheritdoc/>
    public Task<NotificationPreferences> SetPreferencesAsync(NotificationPreferences preferences, CancellationToken cancellationToken = default) => SendAsync(
        "inbox.set-preferences",
        HttpMethod.Put,
        Root + "/preferences",
        ApprovalWireMapping.ToRequest(preferences),
        Json.SetPreferencesRequest,
        Json.NotificationPreferences,
        idempotent: true,
        cancellationToken);

    /// <inheritdoc/>
    public Task<NotificationSettings> GetSettingsAsync(CancellationToken cancellationToken = default) =>
        GetAsync("notification-settings.get", Root + "/settings", Json.NotificationSettings, cancellationToken);

    /// <inheritdoc/>
    public Task<NotificationSettings> SetSettingsAsync(NotificationSettings settings, CancellationToken cancellationToken = default) => SendAsync(
        "notification-settings.set",
        HttpMethod.Put,
        Root + "/settings",
        ApprovalWireMapping.ToRequest(settings),
        Json.SetNotificationSettingsRequest,
        Json.NotificationSettings,
        idempotent: false,
        cancellationToken);

    /// <inheritdoc/>
    public Task<NoticePreview> PreviewAsync(PreviewNotice command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        var request = new PreviewNoticeRequest
        {
            Kind = command.Kind,
            Channel = command.Channel,
            Locale = command.Locale,
            Template = command.Template,
            Data = command.Data is { } data ? JsonElement.Parse(data) : null,
        };
        return SendAsync("notification-settings.preview", HttpMethod.Post, Root + "/preview", request, Json.PreviewNoticeRequest, Json.NoticePreview, idempotent: true, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<NoticeStatus>> ListBySubjectAsync(string subjectId, CancellationToken cancellationToken = default)
    {
        InputRules.SubjectId(subjectId);
        return (await GetAsync("notification-settings.list-by-subject", $"{Root}/sent?subject={Uri.EscapeDataString(subjectId)}", Json.NoticeListResource, cancellationToken)).Notices;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<NoticeStatus>> ListDeadLettersAsync(int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        return (await GetAsync(
            "notification-settings.list-dead-letters", string.Create(CultureInfo.InvariantCulture, $"{Root}/dead-letters?limit={limit}"), Json.NoticeListResource, cancellationToken)).Notices;
    }

    /// <inheritdoc/>
    public Task ReplayDeadLetterAsync(string noticeId, CancellationToken cancellationToken = default)
    {
        InputRules.NoticeId(noticeId);
        return http.SendWithoutAnswerAsync(
            "notification-settings.replay-dead-letter",
            () => new HttpRequestMessage(HttpMethod.Post, Root + "/dead-letters/replay") { Content = HttpStewardUserClient.Body(new ReplayNoticeRequest { NoticeId = noticeId }, Json.ReplayNoticeRequest) },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task<QueueInfo> GetQueueAsync(string channel, CancellationToken cancellationToken = default)
    {
        InputRules.Channel(channel);
        return GetAsync("notification-queue.get-info", $"{Root}/queues/{channel}", Json.QueueInfo, cancellationToken);
    }

    private Task<T> GetAsync<T>(string operation, string path, JsonTypeInfo<T> json, CancellationToken cancellationToken)
        where T : class =>
        http.SendAsync(operation, changes: false, () => new HttpRequestMessage(HttpMethod.Get, path), json, cancellationToken);

    private Task<TAnswer> SendAsync<TBody, TAnswer>(
        string operation, HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyJson, JsonTypeInfo<TAnswer> json, bool idempotent, CancellationToken cancellationToken)
        where TAnswer : class =>
        http.SendAsync(operation, changes: true, () => new HttpRequestMessage(method, path) { Content = HttpStewardUserClient.Body(body, bodyJson) }, json, cancellationToken, idempotent);
}
