using System.Globalization;

namespace Steward.Benchmarks.Measuring;

/// <summary>The metrics of a running Steward.</summary>
internal sealed class PrometheusPage
{
    private readonly List<(string Name, double Value)> _samples = [];

    private PrometheusPage(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#'))
        {
            var value = line[(line.LastIndexOf(' ') + 1)..];
            var name = line[..line.LastIndexOf(' ')].Split('{')[0];
            if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                _samples.Add((name, number));
            }
        }
    }

    public static async Task<PrometheusPage> ReadAsync(HttpClient http, CancellationToken cancellationToken) =>
        new(await http.GetStringAsync("metrics", cancellationToken));

    /// <summary>The sum over all label values; fails when there is no such metric, so that a renamed one is noticed.</summary>
    public double Sum(string name)
    {
        var found = _samples.Where(sample => sample.Name == name).ToList();
        return found.Count > 0 ? found.Sum(sample => sample.Value) : throw new InvalidOperationException($"Steward exports no metric {name}.");
    }
}
