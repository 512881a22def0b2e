using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Steward.Architecture.Tests;

/// <summary>
/// What is stored as JSON, or sent, is read back by releases that wrote more or less of it. Generated serialisers give a property with <c>init</c> that is not there the default of its type, and not the value that it is
/// initialised with: a list that an earlier release did not write would be null, and a switch that is on by default off. A property that is added later is therefore nullable, or its getter gives the default
/// (<c>get => field ?? []</c>), or it has a setter. <c>JsonContractTests.known.txt</c> has those that are as old as their types, or whose readers know that they may be missing.
/// </summary>
public class JsonContractTests
{
    [Fact]
    public void GeneratedSerializers_PropertyIsMissing_MeansWhatItIsInitialisedWith()
    {
        var contexts = Directory.GetFiles(AppContext.BaseDirectory, "Steward.*.dll")
            .Where(file => !Path.GetFileName(file).Contains("Tests", StringComparison.Ordinal))
            .SelectMany(file => Assembly.LoadFrom(file).GetTypes())
            .Where(type => type.IsSubclassOf(typeof(JsonSerializerContext)))
            .ToList();

        Assert.NotEmpty(contexts);
        Assert.Equal(File.ReadAllLines(Path.Combine(Solution.Root, "tests", "Architecture.Tests", "JsonContractTests.known.txt")), contexts.SelectMany(LostDefaults).Distinct().Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> LostDefaults(Type type)
    {
        var context = (JsonSerializerContext)type.GetProperty("Default", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)!.GetValue(null)!;
        var (seen, open) = (new HashSet<Type>(), new Stack<Type>(type.GetCustomAttributesData()
            .Where(attribute => attribute.AttributeType == typeof(JsonSerializableAttribute))
            .Select(attribute => (Type)attribute.ConstructorArguments[0].Value!)));
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next) || context.GetTypeInfo(next) is not { } info)
            {
                continue;
            }

            foreach (var also in new[] { info.ElementType, info.KeyType }.OfType<Type>().Concat(info.PolymorphismOptions?.DerivedTypes.Select(derived => derived.DerivedType) ?? []))
            {
                open.Push(also);
            }

            if (info.Kind != JsonTypeInfoKind.Object)
            {
                continue;
            }

            var isMade = !next.IsAbstract && next.GetConstructor(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, []) is not null;
            var made = isMade ? Activator.CreateInstance(next, nonPublic: true) : null;
            foreach (var property in info.Properties)
            {
                open.Push(property.PropertyType);
                if (made is not null && property.AttributeProvider is PropertyInfo { SetMethod: { } set } declared && IsInit(set) && !property.IsRequired && IsLost(declared, made))
                {
                    yield return $"{next.FullName}.{declared.Name}";
                }
            }
        }
    }

    private static bool IsInit(MethodInfo set) => set.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static bool IsLost(PropertyInfo property, object made)
    {
        if (IsDefault(property.GetValue(made)))
        {
            return false;
        }

        // As a serialiser does where there is none.
        property.SetValue(made, null);
        return IsDefault(property.GetValue(made));
    }

    private static bool IsDefault(object? value) => value is null || (value.GetType().IsValueType && value.Equals(RuntimeHelpers.GetUninitializedObject(value.GetType())));
}
