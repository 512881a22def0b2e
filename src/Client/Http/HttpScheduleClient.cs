using System.Globalization;
using System.Security.Cryptography;
using Steward.Schedules;

namespace Steward.Client.Http;

/// <summary>One person's view of schedules, over a gateway's HTTP API.</summary>
internal sealed class HttpScheduleClient(HttpStewardUserClient http) : IScheduleClient
{
    /// <inheritdoc/>
    public async Task<ScheduleInfo> CreateAsync(CreateSchedule spec, string? scheduleId = null, bool tenantWide = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        scheduleId ??= InputRules.NewScheduleId(tenantWide);
        InputRules.ScheduleId(scheduleId);
        var request = AutomationWireMapping.ToRequest(spec, scheduleId);
        return AutomationWireMapping.ToContract(await http.SendAsync(
            "schedule.create",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, "v1/schedules") { Content = HttpStewardUserClient.Body(request, ClientAutomationWireJson.Default.CreateScheduleRequest) },
            ClientAutomationWireJson.Default.ScheduleResource,
            cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<SchedulePage> ListAsync(bool tenantWide = false, string? afterId = null, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        if (afterId is not null)
        {
            InputRules.ScheduleId(afterId, "afterId");
        }

        var query = string.Create(CultureInfo.InvariantCulture, $"v1/schedules?scope={(tenantWide ? "tenant" : "user")}&limit={limit}{(afterId is null ? "" : "&afterId=" + afterId)}");
        var page = await http.SendAsync(
            "schedule-index.list",
            changes: false,
            () => new HttpRequestMessage(HttpMethod.Get, query),
            ClientAutomationWireJson.Default.ScheduleListResource,
            cancellationToken);
        return new SchedulePage([.. page.Schedules.Select(AutomationWireMapping.ToContract)], page.NextAfterId);
    }

    /// <inheritdoc/>
    public Task<ScheduleInfo> GetAsync(string scheduleId, CancellationToken cancellationToken = default) =>
        SendAsync("schedule.get-info", changes: false, HttpMethod.Get, scheduleId, "", cancellationToken);

    /// <inheritdoc/>
    public Task<ScheduleInfo> SetPausedAsync(string scheduleId, bool paused, CancellationToken cancellationToken = default) =>
        SendAsync("schedule.set-paused", changes: true, HttpMethod.Post, scheduleId, paused ? "/pause" : "/resume", cancellationToken);

    /// <inheritdoc/>
    public async Task<ScheduleFire> RunNowAsync(string scheduleId, string? operationId = null, CancellationToken cancellationToken = default)
    {
        InputRules.ScheduleId(scheduleId);
        var request = new RunScheduleRequest { OperationId = operationId ?? "op-" + RandomNumberGenerator.GetString(InputRules.IdAlphabet, 24) };
        return AutomationWireMapping.ToContract(await http.SendAsync(
            "schedule.run-now",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, $"v1/schedules/{scheduleId}/run") { Content = HttpStewardUserClient.Body(request, ClientAutomationWireJson.Default.RunScheduleRequest) },
            ClientAutomationWireJson.Default.ScheduleFireResource,
            cancellationToken));
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string scheduleId, CancellationToken cancellationToken = default)
    {
        InputRules.ScheduleId(scheduleId);
        return http.SendWithoutAnswerAsync("schedule.delete", () => new HttpRequestMessage(HttpMethod.Delete, $"v1/schedules/{scheduleId}"), cancellationToken);
    }

    private async Task<ScheduleInfo> SendAsync(string operation, bool changes, HttpMethod method, string scheduleId, string action, CancellationToken cancellationToken)
    {
        InputRules.ScheduleId(scheduleId);
        return AutomationWireMapping.ToContract(await http.SendAsync(
            operation,
            changes,
            () => new HttpRequestMessage(method, $"v1/schedules/{scheduleId}{action}"),
            ClientAutomationWireJson.Default.ScheduleResource,
            cancellationToken));
    }
}
