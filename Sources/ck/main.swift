print("ck")
