using System.Globalization;

namespace Steward.Benchmarks.Measuring;

/// <summary>The metrics of a running Steward.</summary>
internal sealed class PrometheusPage
{
    private readonly List<(string Name, string Labels, double Value)> _samples = [];

    private PrometheusPage(string text)
    {
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line[0] != '#'))
        {
            var value = line[(line.LastIndexOf(' ') + 1)..];
            var series = line[..line.LastIndexOf(' ')].Split('{', 2);
            if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                _samples.Add((series[0], series.Length > 1 ? series[1] : "", number));
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

    /// <summary>The sum of what has a label's value, 0 where nothing has.</summary>
    public double Sum(string name, (string Name, string Value) label) =>
        _samples.Where(sample => sample.Name == name && sample.Labels.Contains($"{label.Name}=\"{label.Value}\"", StringComparison.Ordinal)).Sum(sample => sample.Value);

    /// <summary>
    /// What a histogram has counted since an earlier page, without regard to its labels: the number of values, and the upper end of the bucket
    /// that the quantile lies in, infinite for the last.
    /// </summary>
    public (double Count, double UpperEnd) Quantile(string name, double quantile, PrometheusPage? since = null)
    {
        var buckets = Buckets(name);
        var earlier = since?._samples.Any(sample => sample.Name == name + "_bucket") == true ? since.Buckets(name) : null;
        var counts = buckets.ToDictionary(bucket => bucket.Key, bucket => bucket.Value - (earlier?.GetValueOrDefault(bucket.Key) ?? 0));
        var total = counts.Values.Max();
        return (total, counts.Where(bucket => bucket.Value >= quantile * total).Min(bucket => bucket.Key));
    }

    // The cumulative counts by the upper ends of the buckets.
    private Dictionary<double, double> Buckets(string name)
    {
        var found = _samples.Where(sample => sample.Name == name + "_bucket").ToList();
        return found.Count > 0
            ? found.GroupBy(sample => UpperEnd(sample.Labels)).ToDictionary(bucket => bucket.Key, bucket => bucket.Sum(sample => sample.Value))
            : throw new InvalidOperationException($"Steward exports no histogram {name}.");
    }

    private static double UpperEnd(string labels)
    {
        const string Label = "le=\"";
        var from = labels.IndexOf(Label, StringComparison.Ordinal) + Label.Length;
        var text = labels[from..labels.IndexOf('"', from)];
        return text == "+Inf" ? double.PositiveInfinity : double.Parse(text, CultureInfo.InvariantCulture);
    }
}
