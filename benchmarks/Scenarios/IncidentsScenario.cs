using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Triage.Incidents;
using Steward.Engines.Triage.Tickets;

namespace Steward.Benchmarks.Scenarios;

/// <summary><c>bench incidents</c>: how often usual tickets are taken for a major incident, and how soon a burst of tickets alike is found.</summary>
internal static class IncidentsScenario
{
    private const int Seed = 20261;
    private const int KnownBefore = 400;
    private const int BurstLength = 30;
    private const double UsualPerHour = 200;
    private static readonly double[] Rates = [20, 200, 2_000];
    private static readonly TimeSpan BetweenAlike = TimeSpan.FromSeconds(15);
    private static readonly DateTimeOffset Start = new(2026, 3, 2, 0, 0, 0, TimeSpan.Zero);

    public static Command Create()
    {
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var file = new Option<string>("--file") { Description = "Tickets: columns text, or short_description and description, and label.", DefaultValueFactory = _ => Path.Combine("..", "shared", "data", "tickets", "it-topic.train.csv") };
        var tickets = new Option<int>("--tickets") { Description = "Usual tickets at each rate.", DefaultValueFactory = _ => 12_000 };
        var bursts = new Option<int>("--bursts") { Description = "Bursts.", DefaultValueFactory = _ => 60 };
        var command = new Command("incidents", "False major incidents among usual tickets, and how soon a burst of tickets alike is found.") { file, tickets, bursts, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(file), parsed.GetRequiredValue(tickets), parsed.GetRequiredValue(bursts), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string path, int count, int bursts, bool check, string? json, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            await Console.Error.WriteLineAsync($"There is no file {path}; name one with --file.");
            return 1;
        }

        var tickets = await ReadAsync(path, cancellationToken);
        var before = Environment.CpuUsage.TotalTime;
        var usual = Rates.Select(rate => Usual(tickets, count, rate)).ToList();
        var milliseconds = (Environment.CpuUsage.TotalTime - before).TotalMilliseconds / (count * Rates.Length);
        foreach (var stream in usual)
        {
            Console.Out.WriteLine($"{stream.PerHour,5:0} tickets an hour, five times as many from 9 to 11: {stream.Incidents} incidents in {stream.Days:0.0} days");
        }

        var found = Enumerable.Range(0, bursts).Select(number => FoundAt(tickets, number)).ToList();
        var at = found.OfType<int>().Order().ToList();
        var (median, late) = (Quantile(at, 0.5), Quantile(at, 0.9));
        Console.Out.WriteLine($"{bursts} bursts among {UsualPerHour:0} tickets an hour: {at.Count} found within {BurstLength}, at ticket {median} (median), {late} (90 %); {milliseconds:0.00} ms of processor time a ticket");
        var result = new IncidentsResult(
            Machine.Read(), TimeProvider.System.GetUtcNow(), $"steward bench incidents --file {Path.GetFileName(path)} --tickets {count} --bursts {bursts}",
            "Tickets of the file in an order of a fixed seed, as Poisson streams. A burst is one ticket of the file again and again, every 15 seconds, each time with half of its words left out at random and half as many words of other tickets put in, among usual tickets, after 400 of these.",
            usual, bursts, at.Count, median, late, milliseconds);
        return await ResultOptions.FinishAsync(
            result,
            [
                new Target("incidents among usual tickets", usual.Sum(stream => stream.Incidents), "", 1, AtLeast: false),
                new Target("part of the bursts that is found", (double)at.Count / bursts, "", 0.95, AtLeast: true),
            ],
            check,
            json,
            cancellationToken);
    }

    [SuppressMessage("Security", "CA5394", Justification = "An order of a seed.")]
    private static async Task<List<Ticket>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var tickets = new List<Ticket>();
        using var file = TicketFile.Open(new StreamReader(path));
        await foreach (var row in file.ReadAsync(cancellationToken: cancellationToken))
        {
            tickets.Add(row.Ticket);
        }

        new Random(Seed).Shuffle(CollectionsMarshal.AsSpan(tickets));
        return tickets;
    }

    private static UsualStream Usual(List<Ticket> tickets, int count, double perHour)
    {
        var (watch, stream, incidents) = (new TicketWatch(), new Stream(tickets, Seed, perHour), new HashSet<string>());
        var first = stream.At;
        for (var number = 0; number < count; number++)
        {
            var (id, ticket, at) = stream.Next();
            if (watch.See(id, ticket, at).IncidentId is { } incident)
            {
                incidents.Add(incident);
            }
        }

        return new UsualStream(perHour, incidents.Count, (stream.At - first).TotalDays);
    }

    // At which of its tickets a burst is found; null when at none.
    [SuppressMessage("Security", "CA5394", Justification = "Bursts of a seed.")]
    private static int? FoundAt(List<Ticket> tickets, int number)
    {
        var random = new Random(Seed + 1 + number);
        var (watch, stream) = (new TicketWatch(), new Stream(tickets, Seed + 1 + number, UsualPerHour));
        for (var known = 0; known < KnownBefore; known++)
        {
            var (id, ticket, at) = stream.Next();
            watch.See(id, ticket, at);
        }

        // One that says something: of three words nothing is left to be alike.
        string[] outage;
        do
        {
            outage = tickets[random.Next(tickets.Count)].Text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        }
        while (outage.Length < 12);

        var now = stream.At;
        for (var nth = 1; nth <= BurstLength; nth++)
        {
            now += BetweenAlike;
            while (stream.At < now)
            {
                var (id, ticket, at) = stream.Next();
                watch.See(id, ticket, at);
            }

            var kept = outage.Where(_ => random.Next(2) == 0).ToList();
            var others = Enumerable.Range(0, kept.Count / 2).Select(_ => tickets[random.Next(tickets.Count)].Text.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words ? words[random.Next(words.Length)] : "");
            if (watch.See($"burst/{nth}", new Ticket { ShortDescription = string.Join(' ', kept.Concat(others)) }, now).IncidentId is not null)
            {
                return nth;
            }
        }

        return null;
    }

    private static int Quantile(List<int> ordered, double share) => ordered.Count == 0 ? 0 : ordered[Math.Min(ordered.Count - 1, (int)(share * ordered.Count))];

    // Tickets one after the other, with waits as of a Poisson process that is five times as fast from nine to eleven.
    private sealed class Stream(List<Ticket> tickets, int seed, double perHour)
    {
        private readonly Random _random = new(seed);
        private int _number = seed % tickets.Count;

        public DateTimeOffset At { get; private set; } = Start;

        [SuppressMessage("Security", "CA5394", Justification = "A stream of a seed.")]
        public (string Id, Ticket Ticket, DateTimeOffset At) Next()
        {
            var rate = At.Hour is 9 or 10 ? 5 * perHour : perHour;
            At += TimeSpan.FromHours(-Math.Log(1 - _random.NextDouble()) / rate);
            _number++;
            return ($"usual/{_number}", tickets[_number % tickets.Count], At);
        }
    }

    private sealed record UsualStream(double PerHour, int Incidents, double Days);

    private sealed record IncidentsResult(
        Machine Machine, DateTimeOffset At, string Command, string Method, IReadOnlyList<UsualStream> Usual, int Bursts, int Found, int Median, int NinetyPercent, double MillisecondsPerTicket);
}
