using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Orleans
{
    /// <summary>Marks an attribute whose parameter the runtime fills in.</summary>
    public interface IFacetMetadata
    {
    }
}

namespace Orleans.Runtime
{
    /// <summary>Makes what a marked constructor parameter of a grain gets.</summary>
    public interface IAttributeToFactoryMapper<in TMetadata>
        where TMetadata : IFacetMetadata
    {
        /// <summary>What makes the value for an activation.</summary>
        Factory<IGrainContext, object> GetFactory(ParameterInfo parameter, TMetadata metadata);
    }

    /// <summary>Makes grain instances with services from the activation's scope.</summary>
    internal static class GrainConstruction
    {
        public static Func<Activation, object> FactoryFor(Type type)
        {
            var constructors = type.GetConstructors();
            var facets = constructors
                .Select(c => c.GetParameters().Where(p => FacetOf(p) is not null).ToArray())
                .FirstOrDefault(p => p.Length > 0) ?? [];
            var types = facets.Select(p => p.ParameterType).ToArray();
            var create = ActivatorUtilities.CreateFactory(type, types);
            if (facets.Length == 0)
            {
                return activation => create(activation.ActivationServices, null);
            }

            Factory<IGrainContext, object>[]? factories = null;
            return activation =>
            {
                factories ??= [.. facets.Select(p => FactoryOf(activation.ActivationServices, p))];
                return create(activation.ActivationServices, [.. factories.Select(f => f(activation))]);
            };
        }

        private static Attribute? FacetOf(ParameterInfo parameter) => parameter.GetCustomAttributes().FirstOrDefault(a => a is IFacetMetadata);

        private static Factory<IGrainContext, object> FactoryOf(IServiceProvider services, ParameterInfo parameter)
        {
            var facet = FacetOf(parameter)!;
            var mapper = services.GetRequiredService(typeof(IAttributeToFactoryMapper<>).MakeGenericType(facet.GetType()));
            return (Factory<IGrainContext, object>)mapper.GetType().GetMethod(nameof(IAttributeToFactoryMapper<PersistentStateAttribute>.GetFactory))!.Invoke(mapper, [parameter, facet])!;
        }
    }
}
