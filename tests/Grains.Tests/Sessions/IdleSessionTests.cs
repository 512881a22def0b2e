using System.Diagnostics.Metrics;
using Orleans.Configuration;
using Orleans.Hosting;
using Steward.Grains.Tests.Hosting;

namespace Steward.Grains.Tests.Sessions;

/// <summary>A silo that collects idle grains after seconds.</summary>
public sealed class ImpatientCluster : GrainCluster
{
    protected override void Configure(ISiloBuilder silo) => silo.Configure<GrainCollectionOptions>(options =>
    {
        options.CollectionQuantum = TimeSpan.FromSeconds(1);
        options.CollectionAge = TimeSpan.FromSeconds(2);
    });
}

public sealed class IdleSessionTests(ImpatientCluster cluster) : IClassFixture<ImpatientCluster>
{
    [Fact]
    public async Task IdleSession_LeavesMemoryAndComesBackWithItsConversation()
    {
        var deactivated = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "steward.sessions.active")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, change, _, _) => Interlocked.Add(ref deactivated, change < 0 ? 1 : 0));
        listener.Start();
        cluster.SignIn("t-acme", "u-ada");
        var session = await cluster.OpenAsync();
        await cluster.Run(await session.SayAsync("say first")).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.ActiveRunId is null);

        await Conversing.UntilAsync(() => Task.FromResult(Interlocked.Read(ref deactivated) > 0));
        var repeated = await session.SayAsync("say again", "second");
        await cluster.Run(repeated).WatchToEndAsync();

        Assert.Contains(cluster.Model.LastMessages, message => message.Text.Contains("say first", StringComparison.Ordinal));
        Assert.Equal(2, (await session.ReadTranscript(0, 10)).Messages.Count(message => message.Role == "user"));
        Assert.Equal(repeated.RunId, (await session.SayAsync("say again", "second")).RunId);
    }
}
