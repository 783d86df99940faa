import genmux

with genmux.Client.from_config("config.json") as client:
    image = client.images.create("A dramatic scene...", enhance_prompt=True)
    film = client.videos.create("The character walks forward...", first_frame=image)
    print(image.wait(1800).result.url)
    print(film.wait(1800).result.url, film.save("film.mp4"))
