using System.Collections.Immutable;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Orleans.Metadata
{
    /// <summary>What is known of a grain type.</summary>
    public sealed class GrainProperties
    {
        /// <summary>Holds the values.</summary>
        public GrainProperties(ImmutableDictionary<string, string> values)
        {
            ArgumentNullException.ThrowIfNull(values);
            Properties = values;
        }

        /// <summary>The values by name.</summary>
        public ImmutableDictionary<string, string> Properties { get; }
    }

    /// <summary>Names of properties.</summary>
    public static class WellKnownGrainTypeProperties
    {
        /// <summary>The filters of a grain's placement, with commas between.</summary>
        public const string PlacementFilter = "placement-filter";
    }

    /// <summary>An attribute that says something of its grain class.</summary>
    public interface IGrainPropertiesProviderAttribute
    {
        /// <summary>Adds what it says.</summary>
        void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties);
    }
}

namespace Orleans.Runtime.Placement
{
    /// <summary>What is to be placed.</summary>
    public readonly struct PlacementTarget(GrainId grainIdentity, Dictionary<string, object> requestContextData, GrainInterfaceType interfaceType, ushort interfaceVersion)
    {
        /// <summary>The grain.</summary>
        public GrainId GrainIdentity { get; } = grainIdentity;

        /// <summary>The interface of the call.</summary>
        public GrainInterfaceType InterfaceType { get; } = interfaceType;

        /// <summary>The interface's version.</summary>
        public ushort InterfaceVersion { get; } = interfaceVersion;

        /// <summary>The context of the call.</summary>
        public Dictionary<string, object> RequestContextData { get; } = requestContextData;
    }
}

namespace Orleans.Placement
{
    /// <summary>Which silos a grain class may be placed on.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public abstract class PlacementFilterAttribute : Attribute, IGrainPropertiesProviderAttribute
    {
        /// <summary>Holds the strategy.</summary>
        protected PlacementFilterAttribute(PlacementFilterStrategy placement)
        {
            ArgumentNullException.ThrowIfNull(placement);
            PlacementFilterStrategy = placement;
        }

        /// <summary>The strategy.</summary>
        public PlacementFilterStrategy PlacementFilterStrategy { get; private set; }

        /// <inheritdoc/>
        public virtual void Populate(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties) =>
            PlacementFilterStrategy?.PopulateGrainProperties(services, grainClass, grainType, properties);
    }

    /// <summary>What a filter wants to know of the grain class. It travels as properties of the grain type.</summary>
    public abstract class PlacementFilterStrategy
    {
        /// <summary>Sets its place among the filters of a class.</summary>
        protected PlacementFilterStrategy(int order) => Order = order;

        /// <summary>Its place among the filters of a class.</summary>
        public int Order { get; private set; }

        /// <summary>Reads it from the properties of a grain type.</summary>
        public void Initialize(GrainProperties properties)
        {
            if (!int.TryParse(GetPlacementFilterGrainProperty("order", properties), out var order))
            {
                throw new ArgumentException("Invalid order property value.");
            }

            Order = order;
            AdditionalInitialize(properties);
        }

        /// <summary>Reads more of it.</summary>
        public virtual void AdditionalInitialize(GrainProperties properties)
        {
        }

        /// <summary>Writes it to the properties of a grain type.</summary>
        public void PopulateGrainProperties(IServiceProvider services, Type grainClass, GrainType grainType, Dictionary<string, string> properties)
        {
            ArgumentNullException.ThrowIfNull(properties);
            var name = GetType().Name;
            properties[WellKnownGrainTypeProperties.PlacementFilter] =
                properties.TryGetValue(WellKnownGrainTypeProperties.PlacementFilter, out var others) ? $"{others},{name}" : name;
            properties[$"{WellKnownGrainTypeProperties.PlacementFilter}.{name}.order"] = Order.ToString(CultureInfo.InvariantCulture);
            foreach (var (key, value) in GetAdditionalGrainProperties(services, grainClass, grainType, properties))
            {
                properties[$"{WellKnownGrainTypeProperties.PlacementFilter}.{name}.{key}"] = value;
            }
        }

        /// <summary>One of its properties.</summary>
        protected string? GetPlacementFilterGrainProperty(string key, GrainProperties properties)
        {
            ArgumentNullException.ThrowIfNull(properties);
            return properties.Properties.TryGetValue($"{WellKnownGrainTypeProperties.PlacementFilter}.{GetType().Name}.{key}", out var value) ? value : null;
        }

        /// <summary>More of its properties.</summary>
        protected virtual IEnumerable<KeyValuePair<string, string>> GetAdditionalGrainProperties(
            IServiceProvider services, Type grainClass, GrainType grainType, IReadOnlyDictionary<string, string> existingProperties) => [];
    }

    /// <summary>Leaves out silos.</summary>
    public interface IPlacementFilterDirector
    {
        /// <summary>The silos that are left.</summary>
        IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos);
    }

    /// <summary>Registers filters.</summary>
    public static class PlacementFilterExtensions
    {
        /// <summary>Registers a filter.</summary>
        public static IServiceCollection AddPlacementFilter<TFilter, TDirector>(this IServiceCollection services, ServiceLifetime strategyLifetime)
            where TFilter : PlacementFilterStrategy, new()
            where TDirector : class, IPlacementFilterDirector
        {
            ArgumentNullException.ThrowIfNull(services);
            services.Add(ServiceDescriptor.DescribeKeyed(typeof(PlacementFilterStrategy), typeof(TFilter).Name, typeof(TFilter), strategyLifetime));
            services.AddKeyedSingleton<IPlacementFilterDirector, TDirector>(typeof(TFilter));
            return services;
        }
    }
}
