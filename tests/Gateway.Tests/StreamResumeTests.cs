using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Steward.Gateway.Tests;

/// <summary>A client that is cut off anywhere and comes back with the last id that it saw misses nothing and sees nothing twice.</summary>
public class StreamResumeTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    private const int Events = 24;

    [Fact]
    public async Task WatchRun_CutOffAfterEachEventOfAFinishedRun_SeesEachEventOnceInOrder()
    {
        var run = gateway.Cluster.AddRun("r-cut");
        Fill(run, Events - 1);
        run.End();
        for (var cut = 0; cut <= Events; cut++)
        {
            Assert.Equal(Enumerable.Range(1, Events), await WatchAsync("r-cut", [cut]));
        }
    }

    [Fact]
    public async Task WatchRun_CutOffAgainAndAgainWhileTheRunGoesOn_SeesEachEventOnceInOrder()
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            var id = $"r-live{seed}";
            var run = gateway.Cluster.AddRun(id);
            var going = Task.Run(async () =>
            {
                for (var i = 1; i < Events; i++)
                {
                    Fill(run, 1);
                    await Task.Yield();
                }

                run.End();
            });
            var cuts = Enumerable.Range(0, 40).Select(_ => random.Next(0, 4)).ToArray();

            Assert.Equal(Enumerable.Range(1, Events), await WatchAsync(id, cuts));
            await going;
        }
    }

    // Reads so many events of each connection and then drops it, without a word; the last connection is read to its end.
    private async Task<List<int>> WatchAsync(string runId, int[] cuts)
    {
        using var ada = gateway.As();
        var seen = new List<int>();
        for (var connection = 0; connection <= cuts.Length && (seen.Count == 0 || seen[^1] < Events); connection++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/runs/{runId}/events");
            request.Headers.Accept.ParseAdd("text/event-stream");
            if (seen.Count > 0)
            {
                request.Headers.TryAddWithoutValidation("Last-Event-ID", seen[^1].ToString(CultureInfo.InvariantCulture));
            }

            using var response = await ada.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                // The server has not noticed yet that earlier connections are gone: as told, later.
                connection--;
                await Task.Delay(TimeSpan.FromMilliseconds(50));
                continue;
            }

            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var reader = new SseReader(await response.Content.ReadAsStreamAsync());
            for (var left = connection < cuts.Length ? cuts[connection] : int.MaxValue; left > 0 && await NextAsync(reader) is { } sequence; left--)
            {
                seen.Add(sequence);
            }
        }

        return seen;
    }

    private static async Task<int?> NextAsync(SseReader reader)
    {
        while (await reader.NextAsync() is { } block)
        {
            var lines = block.Split('\n').ToDictionary(line => line.Split(": ", 2)[0], line => line.Split(": ", 2)[^1]);
            if (lines.TryGetValue("data", out var data))
            {
                using var content = JsonDocument.Parse(data);
                Assert.Equal(lines["id"], content.RootElement.GetProperty("sequence").GetInt32().ToString(CultureInfo.InvariantCulture));
                return int.Parse(lines["id"], CultureInfo.InvariantCulture);
            }
        }

        return null;
    }

    private static void Fill(FakeRun run, int count)
    {
        for (var i = 0; i < count; i++)
        {
            run.Append("answer.delta", """{"offset":0,"text":"two\nlines"}""");
        }
    }
}
