namespace Steward.Engines.Memory.Patterns;

/// <summary>One request that somebody made, told by what it was about and by nothing that was said in it.</summary>
/// <param name="Topic">The playbook or the operation, for example <c>playbook:reset-password</c>.</param>
/// <param name="RunId">The run that worked it off.</param>
/// <param name="At">When.</param>
public sealed record SeenRequest(string Topic, string RunId, DateTimeOffset At);

/// <summary>Requests that come again and again.</summary>
/// <param name="Topic">What they are about.</param>
/// <param name="Rhythm"><c>daily</c>, <c>weekly</c> with the day (<c>weekly on Monday</c>), or <c>often</c>.</param>
/// <param name="RunIds">The runs, oldest first; at most the last eight.</param>
/// <param name="Count">How many requests.</param>
public sealed record RequestPattern(string Topic, string Rhythm, IReadOnlyList<string> RunIds, int Count);

/// <summary>Finds requests that are repeated. Pure and deterministic.</summary>
public static class RequestPatterns
{
    /// <summary>How far back it looks: 30 days.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromDays(30);

    private const int LeastRequests = 3;
    private const int LeastDays = 2;
    private const int LeastDaily = 4;
    private const int MostRuns = 8;

    /// <summary>Topics with at least three requests on at least two days (UTC) of the last 30.</summary>
    /// <param name="requests">What was asked for.</param>
    /// <param name="now">The time.</param>
    /// <returns>By topic.</returns>
    public static IReadOnlyList<RequestPattern> Find(IEnumerable<SeenRequest> requests, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(requests);
        return
        [
            .. requests
                .Where(request => request.At > now - Window && request.At <= now)
                .DistinctBy(request => request.RunId)
                .GroupBy(request => request.Topic, StringComparer.Ordinal)
                .OrderBy(topic => topic.Key, StringComparer.Ordinal)
                .Select(topic => (Topic: topic.Key, Requests: topic.OrderBy(request => request.At).ToList()))
                .Where(topic => topic.Requests.Count >= LeastRequests && topic.Requests.DistinctBy(request => request.At.UtcDateTime.Date).Count() >= LeastDays)
                .Select(topic => new RequestPattern(topic.Topic, Rhythm(topic.Requests), [.. topic.Requests.TakeLast(MostRuns).Select(request => request.RunId)], topic.Requests.Count)),
        ];
    }

    /// <summary>How often each topic was asked for in the last 30 days.</summary>
    public static IReadOnlyDictionary<string, int> Counts(IEnumerable<SeenRequest> requests, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(requests);
        return requests.Where(request => request.At > now - Window && request.At <= now).CountBy(request => request.Topic, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
    }

    private static string Rhythm(List<SeenRequest> requests)
    {
        var days = requests.Select(request => request.At.UtcDateTime.Date).Distinct().ToList();
        if (days.Count >= LeastRequests && days.TrueForAll(day => day.DayOfWeek == days[0].DayOfWeek))
        {
            return $"weekly on {days[0].DayOfWeek}";
        }

        // Weekends lie between the days of those who do not work on them.
        return days.Count >= LeastDaily && days.Zip(days.Skip(1)).All(pair => Between(pair.First, pair.Second) <= 1) ? "daily" : "often";
    }

    private static int Between(DateTime first, DateTime second) =>
        Enumerable.Range(1, (second - first).Days).Count(day => first.AddDays(day).DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday));
}
