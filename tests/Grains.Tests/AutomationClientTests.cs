using Microsoft.Extensions.DependencyInjection;
using Steward.Client;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Grains.Tests.Webhooks;
using Steward.Identity;
using Steward.Schedules;
using Steward.Webhooks;

namespace Steward.Grains.Tests;

/// <summary>The client library against the grains.</summary>
[Collection(TimedClusterGroup.Name)]
public class AutomationClientTests(TimedCluster cluster)
{
    private readonly string _tenant = "t-client" + Guid.NewGuid().ToString("n")[..8];

    [Fact]
    public async Task Schedules_OfAPerson_LifeOverGrains()
    {
        await using var services = Services();
        var ada = For(services, "u-ada").Schedules;
        foreach (var id in new[] { "j-a", "j-b", "j-c" })
        {
            await ada.CreateAsync(new CreateSchedule { Name = id, Cron = "0 3 * * *", Text = "say hello" }, id);
        }

        var first = await ada.ListAsync(limit: 2);
        var second = await ada.ListAsync(afterId: first.NextAfterId, limit: 2);
        Assert.Equal(["j-a", "j-b"], first.Schedules.Select(schedule => schedule.ScheduleId));
        Assert.Equal(["j-c"], second.Schedules.Select(schedule => schedule.ScheduleId));
        Assert.Null(second.NextAfterId);
        Assert.Empty((await For(services, "u-eve").Schedules.ListAsync()).Schedules);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => For(services, "u-eve").Schedules.GetAsync("j-a"))).Code);

        Assert.True((await ada.SetPausedAsync("j-a", true)).Paused);
        var fire = await ada.RunNowAsync("j-a", "once");
        Assert.Equal(fire, await ada.RunNowAsync("j-a", "once"));
        Assert.Equal(fire, Assert.Single((await ada.GetAsync("j-a")).Fires));
        await ada.DeleteAsync("j-a");
        await ada.DeleteAsync("j-a");
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => ada.GetAsync("j-a"))).Code);
        Assert.Equal(2, (await ada.ListAsync()).Schedules.Count);
        Assert.Equal("scheduleId", (await Assert.ThrowsAsync<StewardException>(() => ada.GetAsync("x"))).Field);
    }

    [Fact]
    public async Task Schedules_OfTheTenant_AreSharedByItsAdmins()
    {
        await using var services = Services();
        var boss = For(services, "u-boss", WellKnownRoles.Admin).Schedules;
        var spec = new CreateSchedule { Name = "For all", Cron = "@weekly", Text = "say hello" };

        var made = await boss.CreateAsync(spec, tenantWide: true);

        Assert.Equal([made.ScheduleId], (await For(services, "u-chief", WellKnownRoles.Admin).Schedules.ListAsync(tenantWide: true)).Schedules.Select(schedule => schedule.ScheduleId));
        Assert.Empty((await boss.ListAsync()).Schedules);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => For(services, "u-ada").Schedules.CreateAsync(spec, tenantWide: true))).Code);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => For(services, "u-ada").Schedules.ListAsync(tenantWide: true))).Code);
    }

    [Fact]
    public async Task Webhooks_LifeOverGrains()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var services = Services();
        var boss = For(services, "u-boss", WellKnownRoles.Admin).Webhooks;
        var shown = await boss.CreateAsync(new CreateWebhook { Url = receiver.Url, Events = [WebhookEventTypes.RunEnded] });
        var id = shown.Webhook.WebhookId;

        var tested = await boss.TestAsync(id);
        await Conversing.UntilAsync(async () => (await boss.ListDeliveriesAsync(id)) is [{ State: WebhookDeliveryState.Delivered }]);
        Assert.Equal(tested.DeliveryId, receiver.Received.First().Id);
        Assert.NotEqual(shown.Secret, (await boss.RotateAsync(id)).Secret);
        await boss.RedeliverAsync(id, tested.DeliveryId);
        await Conversing.UntilAsync(() => Task.FromResult(receiver.Received.Count == 2));
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => boss.RedeliverAsync(id, "d-unknown"))).Code);
        Assert.Equal([id], (await boss.ListAsync()).Select(webhook => webhook.WebhookId));
        Assert.False((await boss.SetEnabledAsync(id, false)).Enabled);
        Assert.Equal("by_admin", (await boss.GetAsync(id)).DisabledReason);
        await boss.DeleteAsync(id);
        Assert.Empty(await boss.ListAsync());
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => boss.GetAsync(id))).Code);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => For(services, "u-ada").Webhooks.ListAsync())).Code);
    }

    private ServiceProvider Services() => new ServiceCollection()
        .AddLogging()
        .AddSingleton((IClusterClient)cluster.Grains)
        .AddSingleton(cluster.Signer)
        .AddSingleton(cluster.Silo.GetRequiredService<SecretSealer>())
        .AddStewardClient()
        .BuildServiceProvider();

    private IStewardUserClient For(ServiceProvider services, string user, params string[] roles) =>
        services.GetRequiredService<IStewardClient>().For(new CallerIdentity { TenantId = _tenant, UserId = user, Roles = roles });
}
