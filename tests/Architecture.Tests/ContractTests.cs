using Mono.Cecil;

namespace Steward.Architecture.Tests;

public class ContractTests
{
    private const string Alias = "Orleans.AliasAttribute";
    private const string Id = "Orleans.IdAttribute";
    private const string StatelessWorker = "Orleans.Concurrency.StatelessWorkerAttribute";
    private const string GenerateSerializer = "Orleans.GenerateSerializerAttribute";

    private static IReadOnlyList<TypeDefinition> ContractTypes { get; } = Solution.Assemblies["Steward.Grains.Abstractions"].MainModule.Types.ToList();

    private static IReadOnlyList<TypeDefinition> GrainInterfaces { get; } = ContractTypes
        .Where(type => type.IsInterface && type.Interfaces.Any(parent => parent.InterfaceType.FullName == "Orleans.IGrainWithStringKey"))
        .ToList();

    private static IReadOnlyList<TypeDefinition> Messages { get; } = ContractTypes.Where(type => type.Has(GenerateSerializer)).ToList();

    [Fact]
    public void GrainInterfaces_InterfaceAndMethods_HaveAliases()
    {
        Assert.NotEmpty(GrainInterfaces);
        Assert.All(GrainInterfaces, type =>
        {
            Assert.True(type.Has(Alias), type.FullName);
            Assert.All(type.Methods, method => Assert.True(method.Has(Alias), method.FullName));
            Assert.Equal(type.Methods.Count, type.Methods.Select(method => AliasOf(method)).Distinct().Count());
        });
    }

    [Fact]
    public void GrainInterfaces_Methods_TakeACancellationTokenLast() =>
        Assert.All(GrainInterfaces.SelectMany(type => type.Methods), method =>
            Assert.Equal("System.Threading.CancellationToken", method.Parameters.LastOrDefault()?.ParameterType.FullName));

    // Orleans sends the news that a caller has cancelled to the grain, and any of a stateless worker's activations gets it: with several, the call may never end.
    [Fact]
    public void StatelessWorkers_SeveralToASilo_OnlyReadWhatIsThere()
    {
        string[] reads = ["ApprovalListsGrain", "ConnectorCatalogGrain"];
        var workers = Solution.Assemblies["Steward.Grains"].MainModule.Types
            .Where(type => type.Has(StatelessWorker))
            .Select(type => (type.Name, Most: type.CustomAttributes.Single(attribute => attribute.AttributeType.FullName == StatelessWorker).ConstructorArguments))
            .ToList();

        Assert.NotEmpty(workers);
        Assert.Equal(reads, workers.Where(worker => worker.Most is not [{ Value: 1 }]).Select(worker => worker.Name).Order());
    }

    [Fact]
    public void Messages_Members_HaveDistinctIdsAndAliases()
    {
        Assert.NotEmpty(Messages);
        Assert.All(Messages, type =>
        {
            Assert.True(type.Has(Alias), $"{type.FullName} has no alias");
            if (type.IsEnum)
            {
                return;
            }

            var stored = type.Properties.Where(property => property.SetMethod is not null).ToList();
            Assert.All(stored, property => Assert.True(property.Has(Id), $"{property.FullName} has no id"));
            var ids = stored.Select(property => property.CustomAttributes.Single(attribute => attribute.AttributeType.FullName == Id).ConstructorArguments[0].Value).ToList();
            Assert.Equal(ids.Count, ids.Distinct().Count());
        });
    }

    [Fact]
    public void Messages_Aliases_AreUnique()
    {
        var aliases = Messages.Concat(GrainInterfaces).Select(AliasOf).ToList();

        Assert.Equal(aliases.Count, aliases.Distinct().Count());
    }

    [Fact]
    public void GrainInterfaces_ParametersAndResults_AreMessages()
    {
        var known = Messages.Select(message => message.FullName).ToHashSet();
        var used = GrainInterfaces
            .SelectMany(type => type.Methods)
            .SelectMany(method => method.Parameters.Select(parameter => parameter.ParameterType).Append(method.ReturnType))
            .SelectMany(Flatten)
            .Where(type => type.Namespace.StartsWith("Steward", StringComparison.Ordinal));

        Assert.All(used, type => Assert.Contains(type.FullName, known));
    }

    // StewardGrain says why nothing may derive from Orleans' own class.
    [Fact]
    public void Grains_Classes_AreSealedAndDeriveFromStewardGrain()
    {
        var types = Solution.Assemblies["Steward.Grains"].MainModule.Types;
        var grains = types.Where(type => type.BaseType?.FullName == "Steward.StewardGrain").ToList();

        Assert.NotEmpty(grains);
        Assert.All(grains, grain => Assert.True(grain.IsSealed, grain.FullName));
        Assert.Equal(["Steward.StewardGrain"], types.Where(type => type.BaseType?.FullName.StartsWith("Orleans.Grain", StringComparison.Ordinal) == true).Select(type => type.FullName));
    }

    // A model takes as long as it likes, and whoever calls a silo that is lost meanwhile learns of it late: models are asked beside the activation, by classes of their own.
    [Fact]
    public void Grains_Calls_AskNoModel()
    {
        string[] askers = ["Steward.Engines.Models.IChatModel", "Steward.Engines.Models.IChatModelProvider", "Steward.Engines.Models.Gateway.IModelGateway", "Steward.Engines.Connectors.Mapping.IMappingModel"];
        var types = Solution.Assemblies["Steward.Grains"].MainModule.GetTypes().ToList();
        var asking = types.Where(type => Used(type).Any(used => askers.Contains(used.FullName))).Select(type => Outermost(type)).Distinct().ToList();

        // That some class asks each of them shows that the names are right.
        Assert.Empty(askers.Except(types.SelectMany(Used).Select(used => used.FullName)));
        Assert.NotEmpty(asking);
        Assert.DoesNotContain(asking, type => type.BaseType?.FullName == "Steward.StewardGrain");
    }

    private static TypeDefinition Outermost(TypeDefinition type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    // Whose members a type's code uses, what it has in fields, and what it asks services for.
    private static IEnumerable<TypeReference> Used(TypeDefinition type) => type.Fields.Select(field => field.FieldType)
        .Concat(type.Methods.SelectMany(method => method.Parameters).Select(parameter => parameter.ParameterType))
        .Concat(type.Interfaces.Select(parent => parent.InterfaceType))
        .Concat(type.Methods.Where(method => method.HasBody).SelectMany(method => method.Body.Instructions).Select(instruction => instruction.Operand).OfType<MethodReference>()
            .SelectMany(called => called is GenericInstanceMethod generic ? generic.GenericArguments.Append(called.DeclaringType) : [called.DeclaringType]))
        .SelectMany(Flatten);

    private static string AliasOf(ICustomAttributeProvider provider) =>
        (string)provider.CustomAttributes.Single(attribute => attribute.AttributeType.FullName == Alias).ConstructorArguments[0].Value;

    private static IEnumerable<TypeReference> Flatten(TypeReference type) => type switch
    {
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Flatten),
        ArrayType array => Flatten(array.ElementType),
        _ => [type],
    };
}
