using System.Globalization;
using System.Text;
using OpenTelemetry.Metrics;

namespace Steward.Telemetry;

/// <summary>
/// Writes metrics as Prometheus text, format 0.0.4, with names after the OpenTelemetry compatibility rules: dots become underscores, the unit
/// and <c>_total</c> are appended.
/// </summary>
internal static class PrometheusText
{
    /// <summary>All metrics, one family after the other in the order of their names.</summary>
    public static byte[] Write(IEnumerable<Metric> metrics)
    {
        var text = new StringBuilder(32 * 1024);
        var families = metrics
            .Where(metric => TypeOf(metric.MetricType) is not null)
            .GroupBy(metric => FamilyName(metric.Name, metric.Unit, metric.MetricType), StringComparer.Ordinal)
            .OrderBy(family => family.Key, StringComparer.Ordinal);
        foreach (var family in families)
        {
            var first = family.First();
            var type = TypeOf(first.MetricType)!;
            var help = family.Select(metric => metric.Description).FirstOrDefault(description => description.Length > 0);
            if (help is not null)
            {
                text.Append("# HELP ").Append(family.Key).Append(' ').Append(EscapeHelp(help)).Append('\n');
            }

            text.Append("# TYPE ").Append(family.Key).Append(' ').Append(type).Append('\n');
            // The same name from two meters is one family; the meter tells their series apart.
            var manyMeters = family.Skip(1).Any();
            foreach (var metric in family.Where(metric => TypeOf(metric.MetricType) == type))
            {
                foreach (ref readonly var point in metric.GetMetricPoints())
                {
                    WritePoint(text, family.Key, metric, in point, LabelsOf(in point, manyMeters ? metric.MeterName : null));
                }
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The name of a metric's family.</summary>
    internal static string FamilyName(string name, string unit, MetricType type)
    {
        var family = new StringBuilder(Sanitize(name));
        var suffix = UnitSuffix(unit, type);
        if (suffix.Length > 0 && !family.ToString().EndsWith("_" + suffix, StringComparison.Ordinal))
        {
            family.Append('_').Append(suffix);
        }

        if (type is MetricType.LongSum or MetricType.DoubleSum && !family.ToString().EndsWith("_total", StringComparison.Ordinal))
        {
            family.Append("_total");
        }

        return family.ToString();
    }

    /// <summary>A label's value between quotes.</summary>
    internal static string EscapeLabel(string value) =>
        value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string EscapeHelp(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static string? TypeOf(MetricType type) => type switch
    {
        MetricType.LongSum or MetricType.DoubleSum => "counter",
        MetricType.LongSumNonMonotonic or MetricType.DoubleSumNonMonotonic or MetricType.LongGauge or MetricType.DoubleGauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => null,
    };

    private static void WritePoint(StringBuilder text, string family, Metric metric, in MetricPoint point, string labels)
    {
        switch (metric.MetricType)
        {
            case MetricType.LongSum or MetricType.LongSumNonMonotonic:
                WriteSample(text, family, labels, Number(point.GetSumLong()));
                break;
            case MetricType.DoubleSum or MetricType.DoubleSumNonMonotonic:
                WriteSample(text, family, labels, Number(point.GetSumDouble()));
                break;
            case MetricType.LongGauge:
                WriteSample(text, family, labels, Number(point.GetGaugeLastValueLong()));
                break;
            case MetricType.DoubleGauge:
                WriteSample(text, family, labels, Number(point.GetGaugeLastValueDouble()));
                break;
            default:
                long count = 0;
                foreach (var bucket in point.GetHistogramBuckets())
                {
                    count += bucket.BucketCount;
                    var bound = double.IsPositiveInfinity(bucket.ExplicitBound) ? "+Inf" : Number(bucket.ExplicitBound);
                    WriteSample(text, family + "_bucket", labels.Length == 0 ? $"le=\"{bound}\"" : $"{labels},le=\"{bound}\"", Number(count));
                }

                WriteSample(text, family + "_sum", labels, Number(point.GetHistogramSum()));
                WriteSample(text, family + "_count", labels, Number(point.GetHistogramCount()));
                break;
        }
    }

    private static void WriteSample(StringBuilder text, string name, string labels, string value)
    {
        text.Append(name);
        if (labels.Length > 0)
        {
            text.Append('{').Append(labels).Append('}');
        }

        text.Append(' ').Append(value).Append('\n');
    }

    private static string LabelsOf(in MetricPoint point, string? meter)
    {
        // Names that differ only in forbidden characters would make one label twice, which readers refuse: their values are joined.
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var tag in point.Tags)
        {
            var name = Sanitize(tag.Key);
            var value = Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "";
            labels[name] = labels.TryGetValue(name, out var other) ? $"{other};{value}" : value;
        }

        if (meter is not null)
        {
            labels["otel_scope_name"] = meter;
        }

        return string.Join(',', labels.Select(label => $"{label.Key}=\"{EscapeLabel(label.Value)}\""));
    }

    private static string Sanitize(string name)
    {
        var clean = new StringBuilder(name.Length + 1);
        foreach (var character in name)
        {
            var allowed = char.IsAsciiLetterOrDigit(character) || character is '_';
            if (clean.Length == 0 && char.IsAsciiDigit(character))
            {
                clean.Append('_');
            }

            if (allowed || clean.Length == 0 || clean[^1] != '_')
            {
                clean.Append(allowed ? character : '_');
            }
        }

        return clean.ToString();
    }

    private static string UnitSuffix(string unit, MetricType type) => unit switch
    {
        "" => "",
        "s" => "seconds",
        "ms" => "milliseconds",
        "us" => "microseconds",
        "ns" => "nanoseconds",
        "min" => "minutes",
        "h" => "hours",
        "d" => "days",
        "By" => "bytes",
        "KiBy" => "kibibytes",
        "MiBy" => "mebibytes",
        "MB" => "megabytes",
        "%" => "percent",
        "1" => type is MetricType.LongGauge or MetricType.DoubleGauge ? "ratio" : "",
        // Annotations such as {request} are for people.
        _ when unit[0] == '{' => "",
        _ => Sanitize(unit).Trim('_'),
    };

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
