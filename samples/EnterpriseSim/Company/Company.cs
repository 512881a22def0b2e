using System.Text.Json;

namespace Steward.EnterpriseSim;

/// <summary>An office of the simulated company.</summary>
/// <param name="City">City, also the office's name.</param>
/// <param name="Country">Country in English.</param>
/// <param name="CountryCode">ISO 3166-1 alpha-2 code.</param>
/// <param name="TimeZone">IANA time zone.</param>
public sealed record Office(string City, string Country, string CountryCode, string TimeZone);

/// <summary>An application that employees of the simulated company use.</summary>
/// <param name="Key">Short stable key, such as <c>crm</c>.</param>
/// <param name="Name">Name that people use.</param>
/// <param name="Label">Technical name in Okta.</param>
/// <param name="Description">One line about it.</param>
/// <param name="OwnerDepartment">The department that pays for it.</param>
/// <param name="RequiresApproval">Whether the owner has to agree before somebody gets it.</param>
/// <param name="Owner">Login prefix of the owner.</param>
public sealed record CompanyApplication(
    string Key, string Name, string Label, string Description, string OwnerDepartment, bool RequiresApproval, string Owner);

/// <summary>A person of the simulated company, the same in all four systems.</summary>
public sealed record Person
{
    /// <summary>The part of login and e-mail address before the at sign; unique.</summary>
    public required string Login { get; init; }

    /// <summary>Given name. Two people share one.</summary>
    public required string First { get; init; }

    /// <summary>Family name.</summary>
    public required string Last { get; init; }

    /// <summary>Job title.</summary>
    public required string Title { get; init; }

    /// <summary>Department.</summary>
    public required string Department { get; init; }

    /// <summary>The city of the office.</summary>
    public required string City { get; init; }

    /// <summary>Login prefix of the manager; null for the one person on top.</summary>
    public string? Manager { get; init; }

    /// <summary>Okta status: ACTIVE, LOCKED_OUT, SUSPENDED or DEPROVISIONED.</summary>
    public string Status { get; init; } = "ACTIVE";

    /// <summary>Whether the person administers Okta and ServiceNow.</summary>
    public bool Admin { get; init; }

    /// <summary>E-mail address and login name.</summary>
    public string Email { get; init; } = "";

    /// <summary>Employee number, five digits.</summary>
    public string EmployeeNumber { get; init; } = "";

    /// <summary>Given and family name.</summary>
    public string Name => $"{First} {Last}";
}

/// <summary>The small company that all simulated systems know.</summary>
public sealed class Company
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    private readonly Dictionary<string, Person> byLogin;

    private Company(CompanyFile file)
    {
        Name = file.Name;
        Domain = file.Domain;
        Offices = file.Offices;
        Applications = file.Applications;
        People = [.. file.People.Select((p, i) => p with
        {
            Email = $"{p.Login}@{file.Domain}",
            EmployeeNumber = (10001 + i).ToString(System.Globalization.CultureInfo.InvariantCulture),
        })];
        byLogin = People.ToDictionary(p => p.Login, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>The company's name.</summary>
    public string Name { get; }

    /// <summary>The mail domain.</summary>
    public string Domain { get; }

    /// <summary>All offices.</summary>
    public IReadOnlyList<Office> Offices { get; }

    /// <summary>All applications.</summary>
    public IReadOnlyList<CompanyApplication> Applications { get; }

    /// <summary>All people, also those who have left.</summary>
    public IReadOnlyList<Person> People { get; }

    /// <summary>Reads the company that comes with the simulators.</summary>
    public static Company Acme()
    {
        using var stream = typeof(Company).Assembly.GetManifestResourceStream("acme.json")
            ?? throw new InvalidOperationException("The resource acme.json is missing from the assembly.");
        return new Company(JsonSerializer.Deserialize<CompanyFile>(stream, Json)
            ?? throw new InvalidOperationException("The resource acme.json is empty."));
    }

    /// <summary>Finds a person by login prefix or e-mail address, ignoring case; null if there is none.</summary>
    /// <param name="login">Login prefix or e-mail address.</param>
    public Person? Find(string login)
    {
        ArgumentNullException.ThrowIfNull(login);
        var at = login.IndexOf('@', StringComparison.Ordinal);
        if (at >= 0 && !login.AsSpan(at + 1).Equals(Domain, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return byLogin.GetValueOrDefault(at < 0 ? login : login[..at]);
    }

    /// <summary>The manager of a person; null for the one on top.</summary>
    /// <param name="person">A person of this company.</param>
    public Person? ManagerOf(Person person)
    {
        ArgumentNullException.ThrowIfNull(person);
        return person.Manager is null ? null : byLogin[person.Manager];
    }

    /// <summary>The office where a person works.</summary>
    /// <param name="person">A person of this company.</param>
    public Office OfficeOf(Person person)
    {
        ArgumentNullException.ThrowIfNull(person);
        return Offices.First(o => o.City == person.City);
    }

    private sealed record CompanyFile(
        string Name, string Domain, IReadOnlyList<Office> Offices, IReadOnlyList<CompanyApplication> Applications, IReadOnlyList<Person> People);
}
