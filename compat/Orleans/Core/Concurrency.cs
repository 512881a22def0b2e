namespace Orleans.CodeGeneration
{
    /// <summary>How a call is treated.</summary>
    [Flags]
    [GenerateSerializer]
    public enum InvokeMethodOptions
    {
        /// <summary>As usual.</summary>
        None = 0,

        /// <summary>Without a response.</summary>
        OneWay = 1,

        /// <summary>It changes nothing.</summary>
        ReadOnly = 2,

        /// <summary>It may run between the turns of any other call.</summary>
        AlwaysInterleave = 4,

        /// <summary>No effect.</summary>
        Unordered = 8,
    }
}

namespace Orleans.Placement
{
    /// <summary>Activations are made in the silo that calls them first, as everything is here.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class PreferLocalPlacementAttribute : Attribute
    {
    }
}

namespace Orleans.Concurrency
{
    /// <summary>Calls of this method run between the turns of any other call.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class AlwaysInterleaveAttribute : Attribute
    {
    }

    /// <summary>Calls of such methods run between each other's turns.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class ReadOnlyAttribute : Attribute
    {
    }

    /// <summary>Calls of this method return without waiting.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    public sealed class OneWayAttribute : Attribute
    {
    }

    /// <summary>All calls of this grain may run between each other's turns.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class ReentrantAttribute : Attribute
    {
    }

    /// <summary>Several activations of one identity share the calls.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class StatelessWorkerAttribute : Attribute
    {
        /// <summary>At most as many activations as there are processors.</summary>
        public StatelessWorkerAttribute()
        {
        }

        /// <summary>At most this many activations.</summary>
        public StatelessWorkerAttribute(int maxLocalWorkers) => MaxLocalWorkers = maxLocalWorkers;

        internal int MaxLocalWorkers { get; } = -1;
    }

    /// <summary>A value that never changes.</summary>
    [GenerateSerializer]
    [Immutable]
    public readonly struct Immutable<T>(T value)
    {
        /// <summary>The value.</summary>
        [Id(0)]
        public readonly T Value = value;
    }

    /// <summary>Wraps values.</summary>
    public static class ImmutableExtensions
    {
        /// <summary>Wraps a value.</summary>
        public static Immutable<T> AsImmutable<T>(this T value) => new(value);
    }
}

namespace Orleans
{
    /// <summary>When idle activations of a grain class end.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public class CollectionAgeLimitAttribute : Attribute
    {
        /// <summary>The least limit.</summary>
        public static readonly TimeSpan MinAgeLimit = TimeSpan.FromMinutes(1);

        /// <summary>Creates the attribute.</summary>
        public CollectionAgeLimitAttribute()
        {
        }

        /// <summary>Creates the attribute from a time span as text.</summary>
        public CollectionAgeLimitAttribute(string inactivityPeriod)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(inactivityPeriod);
            var limit = TimeSpan.Parse(inactivityPeriod, System.Globalization.CultureInfo.InvariantCulture);
            Days = limit.TotalDays;
        }

        /// <summary>Days.</summary>
        public double Days { get; set; }

        /// <summary>Hours.</summary>
        public double Hours { get; set; }

        /// <summary>Minutes.</summary>
        public double Minutes { get; set; }

        /// <summary>Never ends for being idle.</summary>
        public bool AlwaysActive { get; set; }

        /// <summary>The limit.</summary>
        public TimeSpan AgeLimit
        {
            get
            {
                if (AlwaysActive)
                {
                    return TimeSpan.MaxValue;
                }

                var span = TimeSpan.FromDays(Days) + TimeSpan.FromHours(Hours) + TimeSpan.FromMinutes(Minutes);
                return span < MinAgeLimit ? MinAgeLimit : span;
            }
        }
    }

    /// <summary>The name of a grain class in grain ids.</summary>
    [AttributeUsage(AttributeTargets.Class)]
    public sealed class GrainTypeAttribute(string grainType) : Attribute
    {
        internal string Name { get; } = grainType;
    }
}

namespace Orleans.Metadata
{
    /// <summary>The grain class that an interface stands for when there are several.</summary>
    [AttributeUsage(AttributeTargets.Interface)]
    public sealed class DefaultGrainTypeAttribute(string grainType) : Attribute
    {
        internal string Name { get; } = grainType;
    }
}

namespace Orleans.Runtime
{
    /// <summary>The name of a grain interface.</summary>
    [AttributeUsage(AttributeTargets.Interface)]
    public sealed class GrainInterfaceTypeAttribute(string value) : Attribute
    {
        internal string Name { get; } = value;
    }
}
